package io.batchmount.core.fuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.batchmount.core.AttributeChange;
import io.batchmount.core.Errno;
import io.batchmount.core.FileAttributes;
import io.batchmount.core.FileHandle;
import io.batchmount.core.FsException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class NodeTableTest {
  private static final Instant TIME = Instant.ofEpochSecond(1_000_000);

  private final NodeTable nodes = new NodeTable();

  private Node root() throws FsException {
    return nodes.get(FuseProtocol.ROOT_ID);
  }

  private Node enter(Node parent, String name, FileAttributes attributes) throws FsException {
    return nodes.enter(parent, name, nodes.path(parent.id, name), attributes);
  }

  private Node file(Node parent, String name) throws FsException {
    return enter(parent, name, FileAttributes.file(5, 0644, 0, 0, TIME));
  }

  private Node directory(Node parent, String name) throws FsException {
    return enter(parent, name, FileAttributes.directory(0755, 0, 0, TIME));
  }

  /** A handle of a version, or one that follows the file. */
  private record Handle(Optional<String> version, long size, boolean writesPastPageCache)
      implements FileHandle {
    @Override
    public FileAttributes attributes() {
      return FileAttributes.file(size, 0644, 0, 0, TIME);
    }

    @Override
    public int read(ByteBuffer target, long offset) {
      return 0;
    }

    @Override
    public int write(ByteBuffer source, long offset) {
      return 0;
    }

    @Override
    public void truncate(long size) {}

    @Override
    public void setAttributes(AttributeChange change) {}

    @Override
    public void flush() {}

    @Override
    public void fsync(boolean dataOnly) {}

    @Override
    public void close() {}
  }

  private OpenFile open(Node node, String version, long size) {
    Optional<String> token = version.isEmpty() ? Optional.empty() : Optional.of(version);
    return new OpenFile(node, new Handle(token, size, false));
  }

  private static OpenFile writer(Node node) {
    return new OpenFile(node, new Handle(Optional.empty(), 5, true));
  }

  @Test
  void pathsFollowTheRenameOfADirectory() throws Exception {
    Node top = directory(root(), "top");
    Node sub = directory(top, "sub");
    Node leaf = file(sub, "leaf");
    Node other = directory(root(), "other");
    nodes.moved(top, "sub", other, "moved");
    assertThat(nodes.path(leaf)).isEqualTo("/other/moved/leaf");
    assertThat(nodes.find("/other/moved/leaf")).contains(leaf);
    assertThat(nodes.find("/top/sub/leaf")).isEmpty();
    nodes.moved(root(), "other", root(), "again");
    assertThat(nodes.path(leaf)).isEqualTo("/again/moved/leaf");
  }

  @Test
  void aNameHasOneNodeUntilItIsForgotten() throws Exception {
    Node first = file(root(), "f");
    assertThat(file(root(), "f")).isSameAs(first);
    nodes.forget(first.id, 1);
    assertThat(nodes.get(first.id)).isSameAs(first);
    nodes.forget(first.id, 1);
    assertThatThrownBy(() -> nodes.get(first.id))
        .isInstanceOfSatisfying(
            FsException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ESTALE));
    assertThat(nodes.size()).isEqualTo(1);
    Node second = file(root(), "f");
    assertThat(second.id).isNotEqualTo(first.id);
    assertThat(second.inode).isEqualTo(first.inode);
  }

  @Test
  void directoriesStayWhileNodesBelowAreKnown() throws Exception {
    Node top = directory(root(), "top");
    Node leaf = file(top, "leaf");
    nodes.forget(top.id, 1);
    assertThat(nodes.path(leaf)).isEqualTo("/top/leaf");
    nodes.forget(leaf.id, 1);
    assertThat(nodes.size()).isEqualTo(1);
  }

  @Test
  void removedFileHasNoPathAndItsNameIsFree() throws Exception {
    Node old = file(root(), "f");
    nodes.removed(root(), "f");
    assertThat(nodes.findPath(old)).isEmpty();
    Node fresh = file(root(), "f");
    assertThat(fresh.id).isNotEqualTo(old.id);
    nodes.forget(old.id, 1);
    assertThat(nodes.path(fresh)).isEqualTo("/f");
    assertThat(nodes.size()).isEqualTo(2);
  }

  @Test
  void replacedFileStandsForItsSuccessorUntilItIsOpen() throws Exception {
    Node old = file(root(), "f");
    Node fresh = file(root(), "new");
    nodes.moved(root(), "new", root(), "f");
    assertThat(nodes.path(fresh)).isEqualTo("/f");
    assertThat(nodes.path(old)).isEqualTo("/f");
    OpenFile held = open(old, "", 5);
    nodes.opened(held);
    assertThat(nodes.findPath(old)).isEmpty();
    nodes.closed(held);
    nodes.forget(old.id, 1);
    assertThat(nodes.size()).isEqualTo(2);
  }

  @Test
  void inodeNumberStaysWithARenamedFile() throws Exception {
    Node log = file(root(), "log");
    long inode = log.inode;
    nodes.moved(root(), "log", root(), "log.1");
    assertThat(file(root(), "log.1").inode).isEqualTo(inode);
    assertThat(file(root(), "log").inode).isNotEqualTo(inode);
  }

  @Test
  void anotherTypeIsAnotherNode() throws Exception {
    Node file = file(root(), "x");
    Node directory = directory(root(), "x");
    assertThat(directory).isNotSameAs(file);
    assertThat(nodes.findPath(file)).isEmpty();
    assertThat(nodes.path(directory)).isEqualTo("/x");
  }

  @Test
  void versionsDoNotShareANode() throws Exception {
    Node node = file(root(), "f");
    assertThat(nodes.opened(open(node, "v1", 5))).contains(NodeTable.Pages.DROP);
    assertThat(nodes.opened(open(node, "v1", 5))).contains(NodeTable.Pages.KEEP);
    assertThat(nodes.opened(open(node, "v2", 9))).isEmpty();
    assertThat(nodes.findPath(node)).isEmpty();
    assertThat(file(root(), "f")).isNotSameAs(node);
  }

  @Test
  void aLookUpThatFindsAnotherVersionGetsAnotherNode() throws Exception {
    Node node = file(root(), "f");
    nodes.opened(open(node, "v1", 5));
    assertThat(file(root(), "f")).isSameAs(node);
    Node next = enter(root(), "f", FileAttributes.file(9, 0644, 0, 0, TIME));
    assertThat(next).isNotSameAs(node);
    assertThat(nodes.path(next)).isEqualTo("/f");
  }

  @Test
  void writersGetANodeOfTheirOwnBesidePinnedReaders() throws Exception {
    Node node = file(root(), "f");
    assertThat(nodes.mayWrite(node)).isTrue();
    nodes.opened(open(node, "v1", 5));
    assertThat(nodes.mayWrite(node)).isFalse();
    Node writers = file(root(), "f");
    assertThat(writers).isNotSameAs(node);
    assertThat(nodes.mayWrite(writers)).isTrue();
    nodes.opened(open(writers, "", 5));
    nodes.opened(open(writers, "v1", 5)); // beside a writer there is one node for all
    assertThat(nodes.path(writers)).isEqualTo("/f");
    assertThat(nodes.mayWrite(writers)).isTrue();
  }

  @Test
  void pagesAreKeptForOneVersionOnly() throws Exception {
    Node node = file(root(), "f");
    OpenFile first = open(node, "v1", 5);
    assertThat(nodes.opened(first)).contains(NodeTable.Pages.DROP);
    nodes.closed(first);
    OpenFile second = open(node, "v1", 5);
    assertThat(nodes.opened(second)).contains(NodeTable.Pages.KEEP);
    nodes.closed(second);
    OpenFile third = open(node, "v2", 5);
    assertThat(nodes.opened(third)).contains(NodeTable.Pages.DROP);
    nodes.closed(third);
    nodes.written(node);
    assertThat(nodes.opened(open(node, "v2", 5))).contains(NodeTable.Pages.DROP);
  }

  @Test
  void requestWaitsForTheRenameThatTookItsFile() throws Exception {
    Node node = file(root(), "f");
    Object move = nodes.beginMove("/f", "/g");
    CountDownLatch missed = new CountDownLatch(1);
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      Future<String> found =
          thread.submit(
              () ->
                  nodes.atPath(
                      node,
                      path -> {
                        if (path.equals("/f")) {
                          missed.countDown();
                          throw FsException.noEntry(path);
                        }
                        return path;
                      }));
      assertThat(missed.await(60, TimeUnit.SECONDS)).isTrue();
      nodes.moved(root(), "f", root(), "g");
      nodes.endMove(move);
      assertThat(found.get(60, TimeUnit.SECONDS)).isEqualTo("/g");
    } finally {
      thread.shutdownNow();
    }
  }

  @Test
  void fileThatIsGoneIsNotLookedForEndlessly() throws Exception {
    Node node = file(root(), "f");
    assertThatThrownBy(
            () ->
                nodes.atPath(
                    node,
                    path -> {
                      throw FsException.noEntry(path);
                    }))
        .isInstanceOfSatisfying(
            FsException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT));
  }

  @Test
  void allWhoHaveAFileOpenGoByPagesOrPastThem() throws Exception {
    nodes.allowPastPageCache();
    Node node = file(root(), "f");
    OpenFile writer = writer(node);
    assertThat(nodes.opened(writer)).contains(NodeTable.Pages.PAST);
    OpenFile reader = open(node, "", 5);
    assertThat(nodes.opened(reader)).contains(NodeTable.Pages.PAST);
    nodes.closed(writer);
    assertThat(nodes.opened(open(node, "v1", 5))).contains(NodeTable.Pages.PAST);

    Node other = file(root(), "g");
    OpenFile first = open(other, "", 5);
    assertThat(nodes.opened(first)).contains(NodeTable.Pages.DROP);
    OpenFile second = writer(other);
    assertThat(nodes.opened(second)).contains(NodeTable.Pages.DROP);
    nodes.closed(first);
    nodes.closed(second);
    assertThat(nodes.opened(writer(other))).contains(NodeTable.Pages.PAST);
  }

  @Test
  void kernelsThatCannotMixThemGoByPages() throws Exception {
    assertThat(nodes.opened(writer(file(root(), "f")))).contains(NodeTable.Pages.DROP);
  }
}
