package io.batchmount.files;

import com.azure.core.credential.AzureNamedKeyCredential;
import io.batchmount.emulator.files.FilesEmulator;
import io.batchmount.files.store.SdkShareStore;
import io.batchmount.files.store.ShareCredential;
import io.batchmount.files.store.ShareLocation;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;

/** One emulator for all tests of the JVM, and stores of fresh shares in it. */
final class EmulatedShare {
  static final String ACCOUNT = "devstoreaccount1";
  static final String KEY =
      "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

  private static final AtomicInteger SHARES = new AtomicInteger();

  private EmulatedShare() {}

  /** Started with the first use, ends with the JVM. */
  private static final class Running {
    static final FilesEmulator EMULATOR = start();

    private static FilesEmulator start() {
      try {
        FilesEmulator emulator = FilesEmulator.builder().port(0).inMemory().start();
        Runtime.getRuntime().addShutdownHook(new Thread(emulator::close));
        return emulator;
      } catch (java.io.IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }
  }

  static FilesEmulator emulator() {
    return Running.EMULATOR;
  }

  /** A share that nobody else uses. */
  static SdkShareStore fresh() throws Exception {
    SdkShareStore store = open("share-" + SHARES.incrementAndGet());
    store.createShare(OptionalInt.empty());
    return store;
  }

  static SdkShareStore open(String share) {
    return open(emulator().endpoint().toString(), share);
  }

  static SdkShareStore open(String endpoint, String share) {
    return SdkShareStore.open(
        SdkShareStore.Options.of(
            new ShareLocation(endpoint, ACCOUNT, share),
            new ShareCredential.Key(new AzureNamedKeyCredential(ACCOUNT, KEY)),
            new SimpleMeterRegistry(),
            "test"));
  }
}
