package io.batchmount.blob.names;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.blob.BlobEntry;
import io.batchmount.blob.BlobMountOptions;
import io.batchmount.blob.store.BlobOperation;
import io.batchmount.blob.store.BlobProperties;
import io.batchmount.blob.store.BlobType;
import io.batchmount.blob.store.CountingBlobStore;
import io.batchmount.blob.store.FaultyBlobStore;
import io.batchmount.blob.store.InMemoryBlobStore;
import io.batchmount.core.FsPaths;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Promise 7: what look-ups and listings cost. */
class NamespaceTest {
  private static final byte[] X = {'x'};
  private final InMemoryBlobStore memory = InMemoryBlobStore.create();
  private final CountingBlobStore store = new CountingBlobStore(memory);
  private final Namespace names = open(Duration.ofMinutes(5));

  private Namespace open(Duration ttl) {
    return new Namespace(store, BlobMountOptions.builder("test").attributeTtl(ttl).build());
  }

  private List<String> list(String path) throws Exception {
    List<String> found = new ArrayList<>();
    names.readDirectory(
        path,
        entry -> {
          found.add(FsPaths.name(entry.path()) + (entry.isDirectory() ? "/" : ""));
          return true;
        });
    return found;
  }

  private void expectCost(long heads, long lists) {
    assertThat(store.count(BlobOperation.HEAD)).as("HEAD").isEqualTo(heads);
    assertThat(store.count(BlobOperation.LIST)).as("LIST").isEqualTo(lists);
    store.reset();
  }

  @Test
  void singleLookUpCostsOneHead() throws Exception {
    memory.putForeign("d/file", X);
    assertThat(names.find("/d/file")).isPresent();
    expectCost(1, 0);
    assertThat(names.find("/d/file")).isPresent();
    expectCost(0, 0);
  }

  @Test
  void secondLookUpListsTheDirectoryOnce() throws Exception {
    for (int i = 0; i < 100; i++) {
      memory.putForeign("d/f" + i, X);
    }
    assertThat(names.find("/d/f0")).isPresent();
    expectCost(1, 0);
    for (int i = 1; i < 100; i++) {
      assertThat(names.find("/d/f" + i)).isPresent();
    }
    assertThat(names.find("/d/missing")).isEmpty();
    expectCost(0, 1);
  }

  @Test
  void concurrentLookUpsListOnce() throws Exception {
    for (int i = 0; i < 64; i++) {
      memory.putForeign("d/f" + i, X);
    }
    names.find("/d/f0");
    store.reset();
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      CountDownLatch start = new CountDownLatch(1);
      List<Future<Boolean>> found = new ArrayList<>();
      for (int i = 0; i < 64; i++) {
        String path = "/d/f" + i;
        found.add(
            threads.submit(
                () -> {
                  start.await();
                  return names.find(path).isPresent();
                }));
      }
      start.countDown();
      for (Future<Boolean> one : found) {
        assertThat(one.get()).isTrue();
      }
    } finally {
      threads.shutdownNow();
    }
    expectCost(0, 1);
  }

  @Test
  void completeListingAnswersEverything() throws Exception {
    memory.putForeign("d/a", X);
    memory.putForeign("d/sub/b", X);
    assertThat(list("/d")).containsExactly("a", "sub/");
    expectCost(0, 1);
    assertThat(names.find("/d/a")).isPresent();
    assertThat(names.find("/d/sub")).get().matches(BlobEntry::isDirectory);
    assertThat(names.find("/d/nothing")).isEmpty();
    assertThat(list("/d")).hasSize(2);
    expectCost(0, 0);
  }

  @Test
  void implicitDirectoryIsFoundWithoutListingItsParent() throws Exception {
    memory.putForeign("deep/er/file", X);
    assertThat(names.find("/deep")).get().matches(BlobEntry::isDirectory);
    expectCost(1, 1);
  }

  @Test
  void directoryMadeHereIsKnownToBeEmpty() throws Exception {
    BlobProperties marker =
        memory.putForeign("new", new byte[0], BlobType.BLOCK, Map.of("hdi_isfolder", "true"));
    names.directoryMade("/new", marker);
    for (int i = 0; i < 100; i++) {
      assertThat(names.find("/new/f" + i)).isEmpty();
    }
    assertThat(list("/new")).isEmpty();
    expectCost(0, 0);
  }

  /** Names that this mount is about to make are asked for together, not one by one. */
  @Test
  void directoryThatIsBeingFilledIsListedWhenItsListingIsTooOld() throws Exception {
    Namespace forgetful = open(Duration.ofNanos(1));
    BlobProperties marker =
        memory.putForeign("new", new byte[0], BlobType.BLOCK, Map.of("hdi_isfolder", "true"));
    forgetful.directoryMade("/new", marker);
    forgetful.fileStored("/new/f0", memory.putForeign("new/f0", X));
    assertThat(forgetful.find("/new/f1")).isEmpty();
    expectCost(0, 1);
    // what others made there meanwhile is seen
    memory.putForeign("new/f2", X);
    assertThat(forgetful.find("/new/f2")).isPresent();
    expectCost(0, 1);
    // a file that is known to be there is asked for alone
    assertThat(forgetful.find("/new/f0")).isPresent();
    expectCost(1, 0);
  }

  @Test
  void entriesGetTooOld() throws Exception {
    Namespace forgetful = open(Duration.ofMillis(1));
    BlobProperties old = memory.putForeign("f", X);
    assertThat(forgetful.find("/f").orElseThrow().etag()).contains(old.etag());
    BlobProperties changed = memory.putForeign("f", X);
    org.awaitility.Awaitility.await()
        .until(
            () ->
                forgetful
                    .find("/f")
                    .orElseThrow()
                    .etag()
                    .equals(java.util.Optional.of(changed.etag())));
  }

  @Test
  void largeDirectoryStaysWithHead() throws Exception {
    int count = Namespace.PAGE_SIZE * Namespace.MAX_LOOKUP_PAGES + 10;
    for (int i = 0; i < count; i++) {
      memory.putForeign("big/f%07d".formatted(i), X);
    }
    names.find("/big/f0000000");
    names.find("/big/f0000001");
    expectCost(2, Namespace.MAX_LOOKUP_PAGES);
    names.find("/big/f0000002");
    names.find("/big/f0000003");
    expectCost(2, 0);
  }

  @Test
  void listingOfManyFilesCostsNoHead() throws Exception {
    for (int i = 0; i < 5000; i++) {
      memory.putForeign("dir%d/f%04d".formatted(i % 10, i), X);
    }
    assertThat(list("/")).hasSize(10);
    for (int i = 0; i < 10; i++) {
      for (String name : list("/dir" + i)) {
        assertThat(names.find("/dir" + i + "/" + name)).isPresent();
      }
    }
    expectCost(0, 11);
  }

  @Test
  void ownChangesAreSeenAtOnceAndSurviveAnOlderListing() throws Exception {
    memory.putForeign("d/a", X);
    memory.putForeign("d/b", X);
    FaultyBlobStore racing = new FaultyBlobStore(memory);
    Namespace raced =
        new Namespace(
            racing, BlobMountOptions.builder("race").attributeTtl(Duration.ofMinutes(5)).build());
    // the answer is older than the changes that were made while it was on its way
    BlobProperties newer = memory.putForeign("d/c", X);
    memory.delete("d/c", io.batchmount.blob.store.WriteCondition.ANY);
    racing.meanwhile(
        (operation, blob) -> operation == BlobOperation.LIST,
        () -> {
          raced.fileStored("/d/c", newer);
          raced.removed("/d/b");
        });
    List<String> found = new ArrayList<>();
    raced.readDirectory(
        "/d",
        entry -> {
          found.add(FsPaths.name(entry.path()));
          return true;
        });
    assertThat(found).containsExactlyInAnyOrder("a", "c");
    assertThat(raced.find("/d/b")).isEmpty();
    assertThat(raced.find("/d/c")).isPresent();
  }

  @Test
  void blobBesideDirectoryIsShownUnderAnotherName() throws Exception {
    memory.putForeign("a", X);
    memory.putForeign("a-b", X);
    memory.putForeign("a/b", X);
    assertThat(list("/")).containsExactlyInAnyOrder("a/", "a\u201Bblob", "a-b");
    assertThat(names.find("/a\u201Bblob").orElseThrow().blobName()).isEqualTo("a");
    Namespace other = open(Duration.ofMinutes(5));
    assertThat(other.find("/a\u201Bblob").orElseThrow().blobName()).isEqualTo("a");
    assertThat(other.find("/a-b\u201Bblob")).isEmpty();
  }

  @Test
  void blobBesideDirectoryIsNotLostBetweenPages() throws Exception {
    memory.putForeign("a", X);
    for (int i = 0; i < Namespace.PAGE_SIZE + 10; i++) {
      memory.putForeign("a-%06d".formatted(i), X);
    }
    memory.putForeign("a/b", X);
    memory.putForeign("b", X);
    List<String> all = list("/");
    assertThat(all).hasSize(Namespace.PAGE_SIZE + 13).doesNotHaveDuplicates();
    assertThat(all).contains("a/", "a\u201Bblob", "b").doesNotContain("a");
  }

  @Test
  void markersOfOtherTools() throws Exception {
    memory.putForeign("hdi", new byte[0], BlobType.BLOCK, Map.of("hdi_isfolder", "true"));
    memory.putForeign("Hdi2", new byte[0], BlobType.BLOCK, Map.of("Hdi_isfolder", "True"));
    memory.putForeign("slash/", new byte[0]);
    memory.putForeign("both", new byte[0], BlobType.BLOCK, Map.of("hdi_isfolder", "true"));
    memory.putForeign("both/file", X);
    assertThat(list("/")).containsExactlyInAnyOrder("hdi/", "Hdi2/", "slash/", "both/");
    assertThat(list("/slash")).isEmpty();
    assertThat(list("/both")).containsExactly("file");
    Namespace other = open(Duration.ofMinutes(5));
    assertThat(other.find("/hdi")).get().matches(BlobEntry::isDirectory);
    assertThat(other.find("/slash")).get().matches(BlobEntry::isDirectory);
  }

  @Test
  void impossibleSegmentsAreShown() throws Exception {
    memory.putForeign("/lead", X);
    memory.putForeign("two//slashes", X);
    memory.putForeign("dots/../up", X);
    memory.putForeign("dots/./here", X);
    memory.putForeign("end./f", X);
    memory.putForeign("content/", X);
    assertThat(list("/"))
        .containsExactlyInAnyOrder("\u201B=/", "two/", "dots/", "\u201B=end./", "content/");
    assertThat(list("/\u201B=")).containsExactly("lead");
    assertThat(list("/two")).containsExactly("\u201B=/");
    assertThat(list("/two/\u201B=")).containsExactly("slashes");
    assertThat(list("/dots")).containsExactlyInAnyOrder("\u201B=../", "\u201B=./");
    assertThat(list("/dots/\u201B=..")).containsExactly("up");
    assertThat(list("/\u201B=end.")).containsExactly("f");
    assertThat(list("/content")).containsExactly("\u201B=");
    for (String path :
        List.of(
            "/\u201B=/lead",
            "/two/\u201B=/slashes",
            "/dots/\u201B=../up",
            "/dots/\u201B=./here",
            "/\u201B=end./f",
            "/content/\u201B=")) {
      BlobEntry entry = names.find(path).orElseThrow();
      assertThat(entry.isDirectory()).as(path).isFalse();
      assertThat(names.pathOf(entry.blobName())).contains(path);
    }
  }

  @Test
  void subdirectoryBecomesTheRoot() throws Exception {
    memory.putForeign("data/train/a", X);
    memory.putForeign("other", X);
    Namespace below =
        new Namespace(store, BlobMountOptions.builder("t").subdirectory("/data/train/").build());
    assertThat(below.find("/a").orElseThrow().blobName()).isEqualTo("data/train/a");
    assertThat(below.blobName("/")).isEqualTo("data/train");
    assertThat(below.directoryPrefix("/")).isEqualTo("data/train/");
    assertThat(below.pathOf("data/train/x/y")).contains("/x/y");
    assertThat(below.pathOf("other")).isEmpty();
  }
}
