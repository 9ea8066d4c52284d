package io.batchmount.it.blob;

import com.azure.core.credential.AzureNamedKeyCredential;
import io.batchmount.blob.BlobTestMount;
import io.batchmount.blob.store.BlobCredential;
import io.batchmount.blob.store.BlobLocation;
import io.batchmount.blob.store.SdkBlobStore;
import io.batchmount.core.fuse.FuseMount;
import io.batchmount.core.fuse.FuseMountOptions;
import io.batchmount.core.testkit.Azurite;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;

/** The process that {@link BlobCrashTest} kills: one mounted container, until its input ends. */
public final class MountedContainer {
  private MountedContainer() {}

  /** Arguments: endpoint, container, directory for journal and cache, mount point. */
  public static void main(String[] arguments) throws Exception {
    SdkBlobStore store =
        SdkBlobStore.open(
            SdkBlobStore.Options.of(
                new BlobLocation(arguments[0], Azurite.ACCOUNT, arguments[1]),
                new BlobCredential.Key(new AzureNamedKeyCredential(Azurite.ACCOUNT, Azurite.KEY)),
                new SimpleMeterRegistry(),
                "crash"));
    try (BlobTestMount mount =
        BlobTestMount.open(
            store, Path.of(arguments[2]), 64L << 20, 0, options -> options.blockSize(256 << 10))) {
      FuseMount fuse =
          FuseMount.mount(mount.fileSystem(), Path.of(arguments[3]), FuseMountOptions.defaults());
      System.out.println("ready");
      while (System.in.read() >= 0) {
        // commands are none; the end of the input is the end of the mount
      }
      fuse.unmount(Duration.ofSeconds(60), unused -> {});
    }
  }
}
