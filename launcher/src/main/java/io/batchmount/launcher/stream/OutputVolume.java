package io.batchmount.launcher.stream;

import io.batchmount.core.FileSystem;
import io.batchmount.core.FsException;
import io.batchmount.core.journal.JournalIdentity;
import io.batchmount.core.journal.MountJournal;
import io.batchmount.launcher.account.StorageAccount;
import io.batchmount.launcher.mount.OpenedVolume;
import io.batchmount.launcher.mount.ProcessResources;
import io.batchmount.launcher.mount.ScratchDirectory;
import io.batchmount.launcher.mount.Stores;
import io.batchmount.launcher.mount.Volume;
import io.batchmount.launcher.mount.VolumeTuning;
import io.batchmount.launcher.options.AccountOptions.AuthKind;
import io.batchmount.launcher.options.MountOptions;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** A container or share asked without a mount. */
public final class OutputVolume implements AutoCloseable {
  private final Volume.Storage volume;
  private final ScratchDirectory scratch;
  private final MountJournal journal;
  private final OpenedVolume opened;

  private OutputVolume(
      Volume.Storage volume, ScratchDirectory scratch, MountJournal journal, OpenedVolume opened) {
    this.volume = volume;
    this.scratch = scratch;
    this.journal = journal;
    this.opened = opened;
  }

  /**
   * Opens one; it is there and may be read on return.
   *
   * @param writable whether changes are allowed
   */
  public static OutputVolume open(
      StorageAccount account, Volume.Kind kind, String name, boolean writable) throws IOException {
    kind.requireName(name);
    ScratchDirectory scratch = ScratchDirectory.create();
    try {
      return open(account, kind, name, writable, scratch);
    } catch (IOException | RuntimeException e) {
      scratch.close();
      throw e;
    }
  }

  private static OutputVolume open(
      StorageAccount account,
      Volume.Kind kind,
      String name,
      boolean writable,
      ScratchDirectory scratch)
      throws IOException {
    MountOptions defaults = new MountOptions();
    VolumeTuning plain = VolumeTuning.of(defaults);
    VolumeTuning tuning =
        new VolumeTuning(
            !writable,
            plain.uid(),
            plain.gid(),
            plain.fileMode(),
            plain.directoryMode(),
            Optional.of(ATTRIBUTE_TTL),
            Optional.empty(),
            Optional.empty(),
            false,
            plain.blockSize(),
            plain.conflict(),
            MountOptions.Prefetch.off,
            plain.appendBlobs(),
            plain.verify(),
            false,
            plain.illegalNames(),
            plain.flushInterval(),
            plain.timeout(),
            plain.connectTimeout(),
            plain.fuseBinding(),
            Optional.empty(),
            plain.route());
    Volume.Storage volume =
        new Volume.Storage(kind, account, name, "", scratch.path().resolve("none"), tuning);
    ProcessResources resources =
        ProcessResources.withoutDiskCache(scratch.path().resolve("journal"));
    MountJournal journal =
        MountJournal.open(
            resources.journalRoot(),
            new JournalIdentity(kind.word(), "", account.name(), name, "", ""));
    try {
      return new OutputVolume(
          volume, scratch, journal, Stores.open(volume, resources, journal, resources::newCaches));
    } catch (FsException e) {
      journal.close();
      throw new IOException(Stores.sentence(volume, e), e);
    } catch (RuntimeException e) {
      journal.close();
      throw e;
    }
  }

  /** Fresh enough for a reader of a growing log. */
  private static final Duration ATTRIBUTE_TTL = Duration.ofMillis(100);

  /** What a mount would serve. */
  public FileSystem fileSystem() {
    return opened.fileSystem();
  }

  /** {@code files:results} or {@code blob:corpus}. */
  public String source() {
    return volume.source();
  }

  /** The plain storage URL of a path. */
  public URI url(String path) {
    URI endpoint =
        volume.kind() == Volume.Kind.BLOB
            ? volume.account().blobEndpoint()
            : volume.account().fileEndpoint();
    return URI.create(endpoint + "/" + volume.name() + encoded(path));
  }

  private static String encoded(String path) {
    StringBuilder result = new StringBuilder();
    for (String part : path.split("/")) {
      if (!part.isEmpty()) {
        result
            .append('/')
            .append(URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20"));
      }
    }
    return result.toString();
  }

  /**
   * A URL from which anybody may read one file for a while; the plain one where no key is there.
   */
  public String downloadUrl(String path, Duration life) throws FsException {
    if (volume.account().credential().kind() != AuthKind.key) {
      return url(path).toString();
    }
    if (volume.kind() == Volume.Kind.FILES) {
      return opened
          .share()
          .orElseThrow()
          .signedUrl(path.substring(1), life)
          .orElseGet(() -> url(path).toString());
    }
    String key = volume.account().credential().key().orElseThrow().getAzureNamedKey().getKey();
    URI url = url(path);
    return url
        + "?"
        + BlobSas.sign(
            volume.account().name(),
            key,
            volume.name(),
            path.substring(1),
            Instant.now().plus(life),
            url.getScheme().equals("https"));
  }

  @Override
  public void close() throws IOException {
    try (scratch;
        journal) {
      opened.close();
    }
  }
}
