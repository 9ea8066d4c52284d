package io.batchmount.emulator.files;

import java.io.IOException;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;

/** Base of tests that talk to an emulator in memory; each test has a share of its own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class Emulated {
  FilesEmulator emulator;
  Wire wire;
  String share;

  @BeforeAll
  void start() throws IOException {
    emulator = FilesEmulator.builder().inMemory().start();
  }

  @BeforeEach
  void makeShare() {
    wire = new Wire(emulator);
    share = "s" + UUID.randomUUID();
    wire.share(share);
  }

  @AfterAll
  void stop() {
    emulator.close();
  }
}
