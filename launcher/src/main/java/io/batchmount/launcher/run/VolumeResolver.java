package io.batchmount.launcher.run;

import io.batchmount.blob.NamePatterns;
import io.batchmount.blob.store.ServiceRoute;
import io.batchmount.launcher.account.AccountResolver;
import io.batchmount.launcher.account.Endpoints;
import io.batchmount.launcher.account.SecretSource;
import io.batchmount.launcher.account.StorageAccount;
import io.batchmount.launcher.job.SecretReference;
import io.batchmount.launcher.job.SecretValue;
import io.batchmount.launcher.mount.Volume;
import io.batchmount.launcher.mount.VolumeTuning;
import io.batchmount.launcher.options.MountOptions;
import io.batchmount.launcher.options.UsageException;
import io.batchmount.launcher.plan.BlobMountSettings;
import io.batchmount.launcher.plan.PlannedMount;
import io.batchmount.launcher.plan.VolumeCredential;
import java.io.IOException;
import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Turns the volumes of a plan into ones that can be mounted: credentials, addresses, tuning. */
public final class VolumeResolver {
  /** Batch AI's modes of shares; blobfuse with allow_other showed the same. */
  private static final int OPEN_MODE = 0777;

  private final AccountResolver accounts;
  private final MountOptions options;
  private final Function<SecretReference, SecretValue> vault;

  /**
   * @param vault fetches keys that lie in a vault
   */
  public VolumeResolver(
      AccountResolver accounts,
      MountOptions options,
      Function<SecretReference, SecretValue> vault) {
    this.accounts = accounts;
    this.options = options;
    this.vault = vault;
  }

  /**
   * Resolves volumes in their order.
   *
   * @throws UsageException naming the volume for which something is missing
   */
  public List<Volume> resolve(List<PlannedMount> mounts) {
    return mounts.stream().map(this::resolve).toList();
  }

  private Volume resolve(PlannedMount mount) {
    if (mount instanceof PlannedMount.FileShare share) {
      return share(share);
    }
    if (mount instanceof PlannedMount.BlobContainer container) {
      return container(container);
    }
    if (mount instanceof PlannedMount.FileServer server) {
      String source =
          server
              .source()
              .orElseThrow(
                  () ->
                      new UsageException(
                          "file server "
                              + server.fileServerId()
                              + " has no address; give --file-server "
                              + server.fileServerId().replaceFirst(".*/", "")
                              + "=HOST:/EXPORT"));
      return Volume.Command.nfs(source, server.mountOptions(), server.path());
    }
    PlannedMount.Unmanaged unmanaged = (PlannedMount.Unmanaged) mount;
    return Volume.Command.unmanaged(unmanaged.mountCommand(), unmanaged.path());
  }

  private Volume share(PlannedMount.FileShare share) {
    StorageAccount account =
        accounts.forVolume(
            share.accountName(),
            key(share.credential(), share.accountName()),
            Optional.empty(),
            Optional.of(base(share.url(), share.accountName())));
    VolumeTuning tuning = VolumeTuning.of(options, share.fileModeBits(), share.directoryModeBits());
    return new Volume.Storage(
        Volume.Kind.FILES, account, share.share(), share.directory(), share.path(), tuning);
  }

  /** Scheme, host and, path-style, the account of a share's URL. */
  static URI base(String url, String account) {
    URI uri = URI.create(url);
    String root = uri.getScheme() + "://" + uri.getRawAuthority();
    return URI.create(Endpoints.isPathStyle(uri) ? root + "/" + account : root);
  }

  private Volume container(PlannedMount.BlobContainer container) {
    StorageAccount account =
        accounts.forVolume(
            container.accountName(),
            key(container.credential(), container.accountName()),
            Optional.empty(),
            Optional.empty());
    BlobMountSettings settings = container.settings();
    int umask = settings.umask().orElse(0);
    VolumeTuning plain = VolumeTuning.of(options, OPEN_MODE & ~umask, OPEN_MODE & ~umask);
    VolumeTuning tuning =
        new VolumeTuning(
            plain.readOnly() || settings.readOnly(),
            settings.uid().orElse(plain.uid()),
            settings.gid().orElse(plain.gid()),
            plain.fileMode(),
            plain.directoryMode(),
            plain.attributeTtl().or(settings::attributeTimeout),
            plain.entryTimeout().or(settings::entryTimeout),
            plain.negativeTimeout().or(settings::negativeTimeout),
            plain.allowOther() || settings.allowOther(),
            settings.blockBytes().isPresent()
                ? (int) Math.min(settings.blockBytes().getAsLong(), LARGEST_BLOCK)
                : plain.blockSize(),
            plain.conflict(),
            plain.prefetch(),
            options.appendBlobs().or(settings::appendBlobs).orElse(NamePatterns.NONE),
            plain.verify(),
            plain.writeBack(),
            plain.illegalNames(),
            plain.flushInterval(),
            plain.timeout(),
            plain.connectTimeout(),
            plain.fuseBinding(),
            plain.fsName().or(settings::fsName),
            route(container));
    return new Volume.Storage(
        Volume.Kind.BLOB,
        account,
        container.container(),
        settings.subdirectory().orElse(""),
        container.path(),
        tuning);
  }

  private static ServiceRoute route(PlannedMount.BlobContainer container) {
    Optional<String> file = container.settings().caCertificateFile();
    try {
      return new ServiceRoute(
          container.settings().proxy(),
          file.isEmpty() ? List.of() : ServiceRoute.readCertificates(Path.of(file.get())));
    } catch (IOException | InvalidPathException e) {
      throw new UsageException(
          "mountOptions of container "
              + container.container()
              + ": --ca-cert-file: "
              + file.orElseThrow()
              + " "
              + e.getMessage(),
          e);
    }
  }

  /** Largest block that a blob mount takes. */
  private static final long LARGEST_BLOCK = 100L << 20;

  private Optional<SecretSource> key(VolumeCredential credential, String account) {
    if (credential instanceof VolumeCredential.Key key && key.inFile()) {
      return Optional.of(
          SecretSource.fixed(key.key().reveal(), "the credentials of account " + account));
    }
    if (credential instanceof VolumeCredential.KeyReference reference) {
      return Optional.of(
          SecretSource.fixed(
              vault.apply(reference.reference()).reveal(),
              "secret " + reference.reference().secretUrl()));
    }
    return Optional.empty();
  }
}
