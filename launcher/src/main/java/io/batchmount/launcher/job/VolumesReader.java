package io.batchmount.launcher.job;

import java.util.Optional;

/** Reads {@code mountVolumes}, secrets and variables: what jobs and clusters have in common. */
final class VolumesReader {
  private VolumesReader() {}

  static Optional<MountVolumes> volumes(ObjectReader reader) {
    MountVolumes.Builder volumes = MountVolumes.builder();
    boolean[] bad = {false};
    for (ObjectReader share : reader.objects("azureFileShares")) {
      share(share).ifPresentOrElse(volumes::azureFileShare, () -> bad[0] = true);
    }
    for (ObjectReader container : reader.objects("azureBlobFileSystems")) {
      container(container).ifPresentOrElse(volumes::azureBlobFileSystem, () -> bad[0] = true);
    }
    for (ObjectReader server : reader.objects("fileServers")) {
      server(server).ifPresentOrElse(volumes::fileServer, () -> bad[0] = true);
    }
    for (ObjectReader unmanaged : reader.objects("unmanagedFileSystems")) {
      unmanaged(unmanaged).ifPresentOrElse(volumes::unmanagedFileSystem, () -> bad[0] = true);
    }
    reader.finish();
    return bad[0] ? Optional.empty() : reader.build(volumes::build);
  }

  private static Optional<AzureFileShareReference> share(ObjectReader reader) {
    String url = reader.requiredText("azureFileUrl");
    String path = reader.requiredText("relativeMountPath");
    AzureFileShareReference.Builder builder = AzureFileShareReference.builder(url, path);
    reader.text("accountName").ifPresent(builder::accountName);
    reader.text("fileMode").ifPresent(builder::fileMode);
    reader.text("directoryMode").ifPresent(builder::directoryMode);
    boolean wrong = !credentials(reader, builder::credentials);
    reader.finish();
    return wrong ? Optional.empty() : reader.build(builder::build);
  }

  private static Optional<AzureBlobFileSystemReference> container(ObjectReader reader) {
    AzureBlobFileSystemReference.Builder builder =
        AzureBlobFileSystemReference.builder(
            reader.requiredText("accountName"),
            reader.requiredText("containerName"),
            reader.requiredText("relativeMountPath"));
    reader.text("mountOptions").ifPresent(builder::mountOptions);
    boolean wrong = !credentials(reader, builder::credentials);
    reader.finish();
    return wrong ? Optional.empty() : reader.build(builder::build);
  }

  private static boolean credentials(
      ObjectReader reader, java.util.function.Consumer<StorageCredentials> sink) {
    Optional<ObjectReader> object = reader.object("credentials");
    if (object.isEmpty()) {
      return !reader.bad();
    }
    ObjectReader credentials = object.get();
    Optional<SecretValue> key = credentials.secret("accountKey").filter(k -> !k.reveal().isEmpty());
    boolean referenceGiven = credentials.has("accountKeySecretReference");
    Optional<SecretReference> reference = secretReference(credentials, "accountKeySecretReference");
    credentials.finish();
    if (credentials.bad() || (referenceGiven && reference.isEmpty())) {
      return false;
    }
    if (key.isEmpty() && reference.isEmpty()) {
      return true; // an empty object, or one whose key was blanked in a report: as if absent
    }
    Optional<StorageCredentials> value =
        credentials.build(() -> new StorageCredentials(key, reference));
    value.ifPresent(sink);
    return value.isPresent();
  }

  static Optional<SecretReference> secretReference(ObjectReader reader, String name) {
    Optional<ObjectReader> object = reader.object(name);
    if (object.isEmpty()) {
      return Optional.empty();
    }
    ObjectReader reference = object.get();
    Optional<ObjectReader> vault = reference.requiredObject("sourceVault");
    String vaultId = vault.map(v -> v.requiredText("id")).orElse("");
    vault.ifPresent(ObjectReader::finish);
    String url = reference.requiredText("secretUrl");
    reference.finish();
    if (vault.isEmpty() || vault.get().bad()) {
      return Optional.empty();
    }
    return reference.build(() -> new SecretReference(vaultId, url));
  }

  private static Optional<FileServerReference> server(ObjectReader reader) {
    Optional<ObjectReader> server = reader.requiredObject("fileServer");
    String id = server.map(s -> s.requiredText("id")).orElse("");
    server.ifPresent(ObjectReader::finish);
    String path = reader.requiredText("relativeMountPath");
    Optional<String> source = reader.text("sourceDirectory");
    Optional<String> options = reader.text("mountOptions");
    reader.finish();
    if (server.isEmpty() || server.get().bad()) {
      return Optional.empty();
    }
    return reader.build(() -> new FileServerReference(id, path, source, options));
  }

  private static Optional<UnmanagedFileSystemReference> unmanaged(ObjectReader reader) {
    String command = reader.requiredText("mountCommand");
    String path = reader.requiredText("relativeMountPath");
    reader.finish();
    return reader.build(() -> new UnmanagedFileSystemReference(command, path));
  }

  static void variables(ObjectReader reader, java.util.function.Consumer<EnvironmentSetting> sink) {
    for (ObjectReader entry : reader.objects("environmentVariables")) {
      String name = entry.requiredText("name");
      String value = entry.requiredText("value");
      entry.finish();
      entry.build(() -> new EnvironmentSetting(name, value)).ifPresent(sink);
    }
  }

  static void secrets(ObjectReader reader, java.util.function.Consumer<Secret> sink) {
    for (ObjectReader entry : reader.objects("secrets")) {
      String name = entry.requiredText("name");
      Optional<SecretValue> value = entry.secret("value");
      boolean referenceGiven = entry.has("valueSecretReference");
      Optional<SecretReference> reference = secretReference(entry, "valueSecretReference");
      entry.finish();
      if (referenceGiven && reference.isEmpty()) {
        continue; // reported inside
      }
      entry.build(() -> new Secret(name, value, reference)).ifPresent(sink);
    }
  }
}
