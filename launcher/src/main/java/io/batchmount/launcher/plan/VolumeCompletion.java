package io.batchmount.launcher.plan;

import io.batchmount.launcher.job.AzureBlobFileSystemReference;
import io.batchmount.launcher.job.AzureFileShareReference;
import io.batchmount.launcher.job.ConfigurationException;
import io.batchmount.launcher.job.FileServerReference;
import io.batchmount.launcher.job.MountVolumes;
import io.batchmount.launcher.job.Problem;
import io.batchmount.launcher.job.SecretValue;
import io.batchmount.launcher.job.StorageCredentials;
import io.batchmount.launcher.job.StorageNames;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Fills in what users leave out: accounts from URLs, the two placeholders, keys by account, volumes
 * of the command line. A pure function of what is handed in.
 */
public final class VolumeCompletion {
  /** Stands for the storage account in effect. */
  public static final String ACCOUNT_PLACEHOLDER = "<AZURE_BATCHAI_STORAGE_ACCOUNT>";

  /** Stands for the key in effect. */
  public static final String KEY_PLACEHOLDER = "<AZURE_BATCHAI_STORAGE_KEY>";

  private final AccountContext accounts;
  private final FileServers servers;
  private final List<String> warnings;
  private final List<Problem> problems = new ArrayList<>();

  private VolumeCompletion(AccountContext accounts, FileServers servers, List<String> warnings) {
    this.accounts = accounts;
    this.servers = servers;
    this.warnings = warnings;
  }

  /**
   * The volumes of a file and of the command line as mounts below {@code root}, in the order of
   * mounting.
   *
   * @param warnings receives what is strange, one line each, beginning with the key
   * @throws ConfigurationException if something cannot be completed; keys begin with {@code
   *     mountVolumes}
   */
  public static List<PlannedMount> complete(
      MountVolumes volumes,
      VolumeOptions options,
      AccountContext accounts,
      FileServers servers,
      Path root,
      List<String> warnings) {
    MountVolumes all = withOptions(volumes, options, accounts);
    VolumeCompletion completion = new VolumeCompletion(accounts, servers, warnings);
    List<PlannedMount> mounts = completion.mounts(all, root);
    if (!completion.problems.isEmpty()) {
      throw new ConfigurationException(completion.problems);
    }
    return mounts;
  }

  private static MountVolumes withOptions(
      MountVolumes volumes, VolumeOptions options, AccountContext accounts) {
    MountVolumes.Builder builder = volumes.toBuilder();
    options
        .nfs()
        .ifPresent(
            id ->
                builder.fileServer(
                    new FileServerReference(
                        id,
                        mountPath("nfs-mount-path", options.nfsMountPath()),
                        Optional.empty(),
                        Optional.of("rw"))));
    options
        .fileShare()
        .ifPresent(
            share ->
                builder.azureFileShare(
                    share(
                        share,
                        mountPath("afs-mount-path", options.fileShareMountPath()),
                        account("afs-name", accounts),
                        options)));
    options
        .container()
        .ifPresent(
            container ->
                builder.azureBlobFileSystem(
                    AzureBlobFileSystemReference.builder(
                            account("bfs-name", accounts),
                            container,
                            mountPath("bfs-mount-path", options.containerMountPath()))
                        .build()));
    if (options.autoStorage()) {
      String account = account("use-auto-storage", accounts);
      builder.azureFileShare(
          share(VolumeOptions.AUTO_SHARE, VolumeOptions.AUTO_SHARE_PATH, account, options));
      builder.azureBlobFileSystem(
          AzureBlobFileSystemReference.builder(
                  account, VolumeOptions.AUTO_CONTAINER, VolumeOptions.AUTO_CONTAINER_PATH)
              .build());
    }
    try {
      return builder.build();
    } catch (ConfigurationException overlap) {
      throw new ConfigurationException(
          overlap.problems().stream()
              .map(p -> new Problem(p.position(), "mountVolumes." + p.key(), p.message()))
              .toList());
    }
  }

  private static AzureFileShareReference share(
      String share, String path, String account, VolumeOptions options) {
    return AzureFileShareReference.builder(
            "https://" + account + ".file." + options.fileEndpointSuffix() + "/" + share, path)
        .accountName(account)
        .build();
  }

  private static String mountPath(String option, String path) {
    if (path.isBlank()) {
      throw new ConfigurationException("--" + option, "must not be empty");
    }
    return path;
  }

  private static String account(String option, AccountContext accounts) {
    return accounts
        .account()
        .orElseThrow(() -> new ConfigurationException("--" + option, noAccount()));
  }

  static String noAccount() {
    return "no storage account is known: set AZURE_BATCHAI_STORAGE_ACCOUNT or give"
        + " --storage-account-name";
  }

  private List<PlannedMount> mounts(MountVolumes volumes, Path root) {
    List<PlannedMount> mounts = new ArrayList<>();
    for (int i = 0; i < volumes.azureFileShares().size(); i++) {
      String key = "mountVolumes.azureFileShares[" + i + "]";
      AzureFileShareReference volume = volumes.azureFileShares().get(i);
      guarded(key, () -> share(key, volume, root)).ifPresent(mounts::add);
    }
    for (int i = 0; i < volumes.azureBlobFileSystems().size(); i++) {
      String key = "mountVolumes.azureBlobFileSystems[" + i + "]";
      AzureBlobFileSystemReference volume = volumes.azureBlobFileSystems().get(i);
      guarded(key, () -> container(key, volume, root)).ifPresent(mounts::add);
    }
    volumes
        .fileServers()
        .forEach(
            volume -> {
              String directory = volume.sourceDirectory().orElse("");
              mounts.add(
                  new PlannedMount.FileServer(
                      volume.fileServerId(),
                      directory,
                      volume.mountOptions().orElse(""),
                      root.resolve(volume.relativeMountPath()),
                      volume.relativeMountPath(),
                      servers
                          .find(volume.fileServerId())
                          .map(s -> directory.isEmpty() ? s : Paths.join(s, trim(directory)))));
            });
    volumes
        .unmanagedFileSystems()
        .forEach(
            volume ->
                mounts.add(
                    new PlannedMount.Unmanaged(
                        volume.mountCommand(),
                        root.resolve(volume.relativeMountPath()),
                        volume.relativeMountPath())));
    return mounts;
  }

  private static String trim(String directory) {
    return directory.replaceAll("^/+|/+$", "");
  }

  private interface Step {
    PlannedMount run();
  }

  private Optional<PlannedMount> guarded(String key, Step step) {
    try {
      return Optional.of(step.run());
    } catch (ConfigurationException refused) {
      refused
          .problems()
          .forEach(p -> problems.add(new Problem(p.position(), key + "." + p.key(), p.message())));
      return Optional.empty();
    }
  }

  private PlannedMount share(String key, AzureFileShareReference volume, Path root) {
    String accountName =
        volume
            .accountName()
            .orElseGet(
                () ->
                    AzureFileUrl.parse(volume.azureFileUrl())
                        .account()
                        .orElseThrow(
                            () ->
                                new ConfigurationException(
                                    "azureFileUrl",
                                    "\""
                                        + volume.azureFileUrl()
                                        + "\" names no account: write"
                                        + " https://ACCOUNT.file.core.windows.net/SHARE or add"
                                        + " \"accountName\"")));
    String account = account(accountName);
    String url = volume.azureFileUrl();
    if (url.contains(ACCOUNT_PLACEHOLDER)) {
      url = url.replace(ACCOUNT_PLACEHOLDER, placeholderAccount("azureFileUrl"));
    }
    AzureFileUrl parts = AzureFileUrl.parse(url);
    if (parts.account().filter(a -> !a.equals(account)).isPresent()) {
      warnings.add(
          key
              + ": \"accountName\" is \""
              + account
              + "\", but \"azureFileUrl\" names \""
              + parts.account().get()
              + "\"");
    }
    StorageNames.shareProblem(parts.share())
        .ifPresent(problem -> warnings.add(key + ".azureFileUrl: " + problem));
    return new PlannedMount.FileShare(
        account,
        url,
        parts.share(),
        parts.directory(),
        root.resolve(volume.relativeMountPath()),
        volume.relativeMountPath(),
        volume.fileMode(),
        volume.directoryMode(),
        credential(key, account, volume.credentials()),
        inEffect(account));
  }

  private PlannedMount container(String key, AzureBlobFileSystemReference volume, Path root) {
    String account = account(volume.accountName());
    BlobMountSettings settings = BlobMountOptions.parse(volume.mountOptions());
    settings.warnings().forEach(w -> warnings.add(key + ".mountOptions: " + w));
    StorageNames.containerProblem(volume.containerName())
        .ifPresent(problem -> warnings.add(key + ".containerName: " + problem));
    return new PlannedMount.BlobContainer(
        account,
        volume.containerName(),
        root.resolve(volume.relativeMountPath()),
        volume.relativeMountPath(),
        volume.mountOptions().orElse(BlobMountSettings.SERVICE_DEFAULT),
        settings,
        credential(key, account, volume.credentials()),
        inEffect(account));
  }

  private boolean inEffect(String account) {
    return accounts.account().filter(account::equals).isPresent();
  }

  private String account(String written) {
    String account =
        written.equals(ACCOUNT_PLACEHOLDER) ? placeholderAccount("accountName") : written;
    if (!account.matches("[A-Za-z0-9-]+")) {
      throw new ConfigurationException(
          "accountName",
          "\"" + account + "\" is no name of a storage account: write the account's name");
    }
    return account;
  }

  private String placeholderAccount(String key) {
    return accounts
        .placeholderAccount()
        .orElseThrow(
            () ->
                new ConfigurationException(
                    key, ACCOUNT_PLACEHOLDER + " stands here, but " + noAccount()));
  }

  private VolumeCredential credential(
      String key, String account, Optional<StorageCredentials> credentials) {
    if (credentials.isPresent()) {
      StorageCredentials given = credentials.get();
      if (given.accountKeySecretReference().isPresent()) {
        return new VolumeCredential.KeyReference(given.accountKeySecretReference().get());
      }
      SecretValue value = given.accountKey().orElseThrow();
      if (!value.reveal().equals(KEY_PLACEHOLDER)) {
        return new VolumeCredential.Key(value, true);
      }
      return new VolumeCredential.Key(
          accounts
              .placeholderKey()
              .orElseThrow(
                  () ->
                      new ConfigurationException(
                          "credentials.accountKey",
                          KEY_PLACEHOLDER
                              + " stands here, but no key is known: set AZURE_BATCHAI_STORAGE_KEY or"
                              + " give --storage-account-key-file")),
          false);
    }
    Optional<SecretValue> found = accounts.keyOf(account);
    if (found.isEmpty() && !accounts.otherCredential()) {
      warnings.add(
          key
              + ": no key of account \""
              + account
              + "\" is known: set AZURE_BATCHAI_STORAGE_KEY_"
              + account.toUpperCase(java.util.Locale.ROOT)
              + ", or AZURE_BATCHAI_STORAGE_KEY for the account in effect; an identity is tried"
              + " otherwise");
    }
    return found
        .<VolumeCredential>map(k -> new VolumeCredential.Key(k, false))
        .orElseGet(VolumeCredential.Ambient::new);
  }
}
