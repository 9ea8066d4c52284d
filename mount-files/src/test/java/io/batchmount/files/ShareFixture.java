package io.batchmount.files;

import io.batchmount.core.MemoryBudget;
import io.batchmount.core.journal.JournalIdentity;
import io.batchmount.core.journal.MountJournal;
import io.batchmount.files.store.CountingShareStore;
import io.batchmount.files.store.FaultyShareStore;
import io.batchmount.files.store.InMemoryShareStore;
import io.batchmount.files.store.ShareStore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** One share and any number of mounts of it, each with a journal, faults and a counter. */
final class ShareFixture implements AutoCloseable {
  static final long MEMORY = 256L << 20;

  final ShareStore service;
  final Path journalRoot;
  final MemoryBudget budget = new MemoryBudget(MEMORY);
  private final List<Node> nodes = new ArrayList<>();

  /** What one machine has: its mount, and what lies between it and the service. */
  record Node(
      ShareFileSystem fileSystem,
      FaultyShareStore faults,
      CountingShareStore counter,
      MountJournal journal) {}

  private ShareFixture(ShareStore service, Path journalRoot) {
    this.service = service;
    this.journalRoot = journalRoot;
  }

  static ShareFixture inMemory(Path directory) {
    return new ShareFixture(new InMemoryShareStore("share"), directory.resolve("journal"));
  }

  static ShareFixture over(ShareStore service, Path directory) {
    return new ShareFixture(service, directory.resolve("journal"));
  }

  ShareFileSystem mount() throws Exception {
    return node(ShareMountOptions.defaults()).fileSystem();
  }

  Node node(ShareMountOptions options) throws Exception {
    CountingShareStore counter = new CountingShareStore(service);
    FaultyShareStore faults = new FaultyShareStore(counter.store());
    MountJournal journal = MountJournal.open(journalRoot, identity());
    ShareFileSystem fileSystem = ShareFileSystem.open(faults.store(), options, budget, journal);
    counter.reset();
    Node node = new Node(fileSystem, faults, counter, journal);
    nodes.add(node);
    return node;
  }

  JournalIdentity identity() {
    return new JournalIdentity(
        "files", service.endpoint(), service.account(), service.share(), "", "/mnt/test");
  }

  @Override
  public void close() throws Exception {
    for (Node node : nodes) {
      node.faults().heal();
      node.fileSystem().close();
      node.journal().close();
    }
  }
}
