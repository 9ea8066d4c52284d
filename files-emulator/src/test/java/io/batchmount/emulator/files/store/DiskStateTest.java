package io.batchmount.emulator.files.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.emulator.files.model.Account;
import io.batchmount.emulator.files.model.Change;
import io.batchmount.emulator.files.model.FileContent;
import io.batchmount.emulator.files.model.FileNode;
import io.batchmount.emulator.files.model.Page;
import io.batchmount.emulator.files.model.Share;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Journal, checkpoints and segments. */
class DiskStateTest {
  @TempDir Path location;

  private static Share share(Account account) {
    return account.write(
        tx -> {
          Share s = new Share("s", false, tx.now());
          account.shares().put("s", s);
          tx.add(new Change.ShareSet(s));
          tx.add(new Change.NodeSet(s, s.root()));
          return s;
        });
  }

  private static void create(Account account, String name, long size) {
    account.write(
        tx -> {
          Share s = account.shares().get("s");
          FileNode f = new FileNode(s.takeId());
          f.etag(tx.now());
          f.content(FileContent.zeros(size));
          s.nodes().put(f.id(), f);
          s.root().put(name, f);
          tx.add(new Change.NodeSet(s, f));
          tx.add(new Change.EntrySet(s, s.root(), name, f));
          tx.add(new Change.ContentReplaced(s, f));
          return f;
        });
  }

  private static FileNode file(Account account, String name) {
    return (FileNode) account.shares().get("s").root().find(name).orElseThrow().node();
  }

  private static void put(Account account, String name, long at, byte[] bytes) {
    account.write(
        tx -> {
          FileNode f = file(account, name);
          try {
            FileContent.Edit e =
                f.content()
                    .write(
                        account.pages(),
                        at,
                        bytes,
                        FileContent.wholePages(account.pages(), at, bytes));
            f.content(e.content());
            tx.add(new Change.ContentEdited(account.shares().get("s"), f, e));
            return e;
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  private static byte[] bytes(Account account, String name) throws IOException {
    FileContent c = file(account, name).content();
    byte[] out = new byte[(int) c.size()];
    c.read(0, out, out.length);
    return out;
  }

  @Test
  void tornLastRecordIsCutOff() throws IOException {
    try (DiskState state = DiskState.open(location)) {
      share(state.account());
      create(state.account(), "f", 100);
      put(state.account(), "f", 0, new byte[] {1, 2, 3});
    }
    Path journal = location.resolve("journal-0");
    byte[] whole = Files.readAllBytes(journal);
    long lastGood = 0;
    for (int cut = whole.length; cut > whole.length - 60; cut--) {
      Files.write(journal, Arrays.copyOf(whole, cut));
      try (DiskState state = DiskState.open(location)) {
        assertThat(bytes(state.account(), "f")).hasSize(100);
        assertThat(bytes(state.account(), "f")[0]).isEqualTo((byte) (cut == whole.length ? 1 : 0));
        create(state.account(), "after", 1);
      }
      try (DiskState state = DiskState.open(location)) {
        assertThat(file(state.account(), "after")).isNotNull();
      }
      lastGood = cut;
    }
    assertThat(lastGood).isPositive();
  }

  @Test
  void garbageBehindTheLastRecordIsCutOff() throws IOException {
    try (DiskState state = DiskState.open(location)) {
      share(state.account());
      create(state.account(), "f", 100);
      put(state.account(), "f", 0, new byte[] {1, 2, 3});
    }
    Files.write(
        location.resolve("journal-0"), new byte[] {0, 0, 0, 50, 1, 2}, StandardOpenOption.APPEND);
    try (DiskState state = DiskState.open(location)) {
      assertThat(bytes(state.account(), "f")[0]).isEqualTo((byte) 1);
    }
  }

  @Test
  void garbageOfManyShortLivesIsFreedWhenOpening() throws IOException {
    byte[] bytes = new byte[4 << 20];
    for (int life = 0; life < 12; life++) {
      try (DiskState state = DiskState.open(location, 1 << 20, 8 << 20)) {
        if (life == 0) {
          share(state.account());
          create(state.account(), "f", bytes.length);
        }
        Arrays.fill(bytes, (byte) life);
        put(state.account(), "f", 0, bytes);
      }
    }
    try (DiskState state = DiskState.open(location, 1 << 20, 8 << 20)) {
      assertThat(bytes(state.account(), "f")).isEqualTo(bytes);
    }
    assertThat(pageBytes()).isLessThanOrEqualTo(16 << 20);
  }

  private long pageBytes() throws IOException {
    long used = 0;
    try (var files = Files.newDirectoryStream(location, "pages-*")) {
      for (Path f : files) {
        used += Files.size(f);
      }
    }
    return used;
  }

  @Test
  void checkpointsKeepTheStateAndFreeGarbage() throws IOException {
    byte[][] model = new byte[6][];
    Random random = new Random(3);
    byte[] frozen;
    try (DiskState state = DiskState.open(location, 20_000, 1 << 20)) {
      Account account = state.account();
      share(account);
      for (int i = 0; i < model.length; i++) {
        model[i] = new byte[3 * Page.SIZE + 100];
        create(account, "f" + i, model[i].length);
      }
      frozen = model[0].clone();
      for (int n = 0; n < 1500; n++) {
        if (n == 700) {
          frozen = model[0].clone();
          account.write(
              tx -> {
                Share s = account.shares().get("s");
                s.snapshots().put("t", s.frozen());
                tx.add(new Change.SnapshotMade(s, "t"));
                return s;
              });
        }
        int i = random.nextInt(model.length);
        byte[] piece = new byte[1 + random.nextInt(2 * Page.SIZE)];
        random.nextBytes(piece);
        int at = random.nextInt(model[i].length - piece.length);
        System.arraycopy(piece, 0, model[i], at, piece.length);
        put(account, "f" + i, at, piece);
      }
      for (int i = 0; i < model.length; i++) {
        assertThat(bytes(account, "f" + i)).isEqualTo(model[i]);
      }
    }
    try (var files = Files.list(location)) {
      List<String> names = files.map(f -> f.getFileName().toString()).toList();
      assertThat(names).noneMatch("journal-0"::equals).anyMatch(n -> n.startsWith("checkpoint-"));
    }
    for (int again = 0; again < 2; again++) {
      try (DiskState state = DiskState.open(location, 20_000, 1 << 20)) {
        for (int i = 0; i < model.length; i++) {
          assertThat(bytes(state.account(), "f" + i)).isEqualTo(model[i]);
        }
        FileNode old =
            (FileNode)
                state
                    .account()
                    .shares()
                    .get("s")
                    .snapshots()
                    .get("t")
                    .root()
                    .find("f0")
                    .orElseThrow()
                    .node();
        byte[] seen = new byte[frozen.length];
        old.content().read(0, seen, seen.length);
        assertThat(seen).isEqualTo(frozen);
      }
    }
    assertThat(pageBytes()).isLessThan(200L << 20);
  }
}
