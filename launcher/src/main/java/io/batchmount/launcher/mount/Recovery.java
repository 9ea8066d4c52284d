package io.batchmount.launcher.mount;

import io.batchmount.blob.BlobMountOptions;
import io.batchmount.blob.store.BlobStore;
import io.batchmount.blob.write.BlobRecovery;
import io.batchmount.core.FsException;
import io.batchmount.core.journal.JournalIdentity;
import io.batchmount.core.journal.MountJournal;
import io.batchmount.files.ShareRecovery;
import io.batchmount.files.store.ShareStore;
import io.batchmount.launcher.account.AccountResolver;
import io.batchmount.launcher.account.StorageAccount;
import io.batchmount.launcher.options.MountOptions;
import io.batchmount.launcher.options.UsageException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Saves what dead mounts left in the journal: all of it when asked, that of a store when it is
 * mounted again.
 */
public final class Recovery {
  private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);

  private Recovery() {}

  /**
   * What came of it.
   *
   * @param saved what is in storage now, with what had been saved before
   * @param problems one sentence for each thing that stays in the journal, or lies elsewhere
   */
  public record Outcome(List<String> saved, List<String> problems) {
    public Outcome {
      saved = List.copyOf(saved);
      problems = List.copyOf(problems);
    }
  }

  /**
   * Recovers all journals that no living process holds, each onto the very place that it names.
   *
   * @param conflict what happens to blobs that somebody else changed
   */
  public static Outcome all(
      Path journalRoot,
      AccountResolver accounts,
      MountOptions.Conflict conflict,
      Consumer<String> progress)
      throws IOException {
    List<String> saved = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    for (MountJournal journal : MountJournal.openAbandoned(journalRoot)) {
      try (journal) {
        JournalIdentity identity = journal.identity();
        progress.accept("recovering " + describe(identity));
        StorageAccount account = account(accounts, identity);
        if (identity.kind().equals("blob")) {
          try (BlobStore store =
              Stores.blob(account, identity.name(), "recover", new SimpleMeterRegistry())) {
            blob(journal, store, conflict, saved, problems);
          }
        } else {
          try (ShareStore store =
              Stores.share(account, identity.name(), "recover", new SimpleMeterRegistry())) {
            share(journal, store, saved, problems);
          }
        }
      } catch (UsageException e) {
        problems.add(describe(journal.identity()) + ": " + e.getMessage());
      }
    }
    return new Outcome(saved, problems);
  }

  private static StorageAccount account(AccountResolver accounts, JournalIdentity identity) {
    StorageAccount known =
        accounts.forVolume(
            identity.account(), Optional.empty(), Optional.empty(), Optional.empty());
    URI endpoint = URI.create(identity.endpoint());
    return identity.kind().equals("blob")
        ? new StorageAccount(known.name(), endpoint, known.fileEndpoint(), known.credential())
        : new StorageAccount(known.name(), known.blobEndpoint(), endpoint, known.credential());
  }

  /** Recovers what belongs to a store that is about to be mounted. */
  static void onto(
      Path journalRoot,
      JournalIdentity identity,
      OpenedVolume opened,
      MountOptions.Conflict conflict)
      throws FsException {
    List<String> saved = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    for (MountJournal journal : MountJournal.openAbandoned(journalRoot)) {
      try (journal) {
        if (!journal.identity().sameStore(identity)) {
          continue;
        }
        if (opened.share().isPresent()) {
          share(journal, opened.share().get(), saved, problems);
        } else if (opened.blob().isPresent()) {
          blob(journal, opened.blob().get(), conflict, saved, problems);
        }
      }
    }
    saved.forEach(path -> LOG.info("recovered {}", path));
    problems.forEach(LOG::error);
  }

  private static void blob(
      MountJournal journal,
      BlobStore store,
      MountOptions.Conflict conflict,
      List<String> saved,
      List<String> problems)
      throws FsException {
    List<BlobRecovery.Outcome> outcomes =
        BlobRecovery.recover(
            journal,
            store,
            conflict == MountOptions.Conflict.overwrite
                ? BlobMountOptions.Conflict.OVERWRITE
                : BlobMountOptions.Conflict.FAIL,
            TIMEOUT);
    for (BlobRecovery.Outcome outcome : outcomes) {
      String name = describe(journal.identity()) + outcome.path();
      switch (outcome.result()) {
        case SAVED, NOTHING_LEFT -> saved.add(name);
        case CONFLICT, FAILED ->
            problems.add(
                name + " stays in the journal: " + outcome.reason().orElse("no reason given"));
      }
    }
  }

  private static final java.time.Duration TIMEOUT = java.time.Duration.ofMinutes(2);

  private static void share(
      MountJournal journal, ShareStore store, List<String> saved, List<String> problems) {
    for (ShareRecovery.Outcome outcome : ShareRecovery.recover(journal, store)) {
      String name = describe(journal.identity()) + outcome.path();
      switch (outcome.result()) {
        case SAVED, NOTHING_LEFT -> saved.add(name);
        case SAVED_BESIDE ->
            saved.add(
                name + " as " + outcome.savedAs().orElse("") + ": " + outcome.reason().orElse(""));
        case FAILED ->
            problems.add(
                name + " stays in the journal: " + outcome.reason().orElse("no reason given"));
      }
    }
  }

  private static String describe(JournalIdentity identity) {
    return identity.kind()
        + ":"
        + identity.name()
        + (identity.subdirectory().isEmpty() ? "" : "/" + identity.subdirectory());
  }
}
