package io.batchmount.files.attributes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.batchmount.core.FsException;
import io.batchmount.files.names.ShareNames;
import io.batchmount.files.store.CountingShareStore;
import io.batchmount.files.store.InMemoryShareStore;
import io.batchmount.files.store.NewItem;
import io.batchmount.files.store.PropertyChange;
import io.batchmount.files.store.ShareStore;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What many look-ups in one directory cost, by a clock that only requests and the test move: the
 * same on any machine.
 */
class ListingCostTest {
  private static final Duration FILE_TTL = Duration.ofMillis(200);
  private static final Duration TTL = Duration.ofSeconds(1);
  private static final Duration LATENCY = Duration.ofMillis(20);

  private final AtomicLong clock = new AtomicLong();
  private final InMemoryShareStore service = new InMemoryShareStore("share");
  private final CountingShareStore counter = new CountingShareStore(service);
  private final AttributeCache cache = new AttributeCache(FILE_TTL, TTL, clock::get);
  private final ExecutorService workers = Executors.newSingleThreadExecutor();
  private Duration listingLatency = LATENCY;
  private volatile CountDownLatch gate = new CountDownLatch(0);
  private final Catalog catalog =
      new Catalog(slow(counter.store()), new ShareNames("", false), cache, workers);

  /** Each request takes its time on the test's clock. */
  private ShareStore slow(ShareStore store) {
    return (ShareStore)
        Proxy.newProxyInstance(
            ShareStore.class.getClassLoader(),
            new Class<?>[] {ShareStore.class},
            (proxy, method, arguments) -> {
              pass(method.getName().equals("listDirectory") ? listingLatency : LATENCY);
              try {
                Object answer = method.invoke(store, arguments);
                gate.await();
                return answer;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private void pass(Duration time) {
    clock.addAndGet(time.toNanos());
  }

  @BeforeEach
  void directory() throws Exception {
    service.createDirectory("d", NewItem.PLAIN);
  }

  @AfterEach
  void stop() {
    workers.shutdownNow();
  }

  private void files(int count) throws FsException {
    for (int i = 0; i < count; i++) {
      service.createFile(String.format("d/f%06d", i), i, NewItem.PLAIN, Optional.empty());
    }
  }

  /** What {@code ls -l} does: lists, then asks for each name. */
  private void ls(int count, Duration each) throws FsException {
    int[] listed = new int[1];
    catalog.list(
        "/d",
        page -> {
          listed[0] += page.size();
          return true;
        });
    assertThat(listed[0]).isEqualTo(count);
    for (int i = 0; i < count; i++) {
      pass(each);
      assertThat(catalog.find(String.format("/d/f%06d", i)).orElseThrow().size()).isEqualTo(i);
    }
  }

  private long count(String operation) {
    return counter.counts().getOrDefault(operation, 0L);
  }

  @Test
  void attributesOfAThousandFilesCostAListingForEachTimeThatTheyAreBelieved() throws Exception {
    files(1_000);
    ls(1_000, Duration.ofMillis(2)); // two seconds, ten times as long as attributes are believed
    assertThat(counter.counts()).containsOnlyKeys("listDirectory");
    assertThat(counter.total()).isBetween(5L, 12L);
  }

  @Test
  void eachPageOfALargeDirectoryIsAskedForAgainByItself() throws Exception {
    int files = 2 * ShareStore.MAX_PAGE + 2_000;
    files(files);
    ls(files, Duration.ofNanos(50_000)); // 250 ms for a page
    assertThat(counter.counts()).containsOnlyKeys("listDirectory");
    // three pages, and each once or twice more when its turn comes
    assertThat(counter.total()).isBetween(3L, 3L * 3);
  }

  @Test
  void directoryWithoutChangesIsAskedForAgainOnlyWhereFilesAreWanted() throws Exception {
    files(1_000);
    ls(1_000, Duration.ZERO);
    assertThat(counter.counts()).isEqualTo(Map.of("listDirectory", 1L));
  }

  @Test
  void oneFileThatIsWatchedIsAskedForAlone() throws Exception {
    files(1_000);
    ls(1_000, Duration.ZERO);
    pass(Interest.WINDOW.multipliedBy(2));
    counter.reset();
    for (int i = 0; i < 20; i++) {
      pass(Duration.ofMillis(250));
      assertThat(catalog.find("/d/f000007").orElseThrow().size()).isEqualTo(7);
    }
    assertThat(counter.counts()).isEqualTo(Map.of("getFileProperties", 20L));
  }

  @Test
  void sizeOfAGrowingFileIsFreshAmongManyThatAreLookedUp() throws Exception {
    files(1_000);
    ls(1_000, Duration.ZERO);
    long grownAt = clock.get();
    long size = 7;
    long largest = 0;
    for (int i = 0; i < 4_000; i++) {
      pass(Duration.ofMillis(1));
      catalog.find(String.format("/d/f%06d", i % 1_000));
      if (clock.get() - grownAt >= Duration.ofMillis(700).toNanos()) {
        // any answer given from here on that is older than that breaks the promise
        assertThat(catalog.find("/d/f000007").orElseThrow().size()).isEqualTo(size);
        grownAt = clock.get();
        service.setFileProperties("d/f000007", PropertyChange.ofSize(++size), Optional.empty());
      } else if (catalog.find("/d/f000007").orElseThrow().size() < size) {
        largest = Math.max(largest, clock.get() - grownAt);
      }
    }
    assertThat(size).isGreaterThan(10);
    // twice the time that attributes are believed, and the page's way
    assertThat(largest).isPositive().isLessThanOrEqualTo(FILE_TTL.multipliedBy(2).toNanos());
  }

  @Test
  void pageThatTakesTooLongIsTriedSeldom() throws Exception {
    int files = 10 * Interest.TRY_AGAIN_AT_MOST;
    files(files);
    listingLatency = FILE_TTL.multipliedBy(3);
    ls(files, Duration.ofMillis(1));
    assertThat(count("listDirectory")).isBetween(5L, 16L);
    assertThat(count("getFileProperties")).isLessThanOrEqualTo(files);
    counter.reset();
    listingLatency = LATENCY; // it is fast again: found out by the next try
    for (int i = 0; i < files; i++) {
      pass(Duration.ofMillis(1));
      catalog.find(String.format("/d/f%06d", i));
    }
    assertThat(count("getFileProperties")).isLessThanOrEqualTo(Interest.TRY_AGAIN_AT_MOST);
    assertThat(count("listDirectory")).isBetween(1L, 8L);
  }

  /** One slow answer of a busy machine says little: it costs few names asked for alone. */
  @Test
  void onePageThatTookTooLongIsTriedAgainSoon() throws Exception {
    files(1_000);
    listingLatency = FILE_TTL.multipliedBy(3);
    catalog.list("/d", entries -> true);
    listingLatency = LATENCY;
    counter.reset();
    pass(FILE_TTL);
    for (int i = 0; i < 1_000; i++) {
      pass(Duration.ofMillis(1));
      catalog.find(String.format("/d/f%06d", i));
    }
    // those before many are wanted, and those before the next try
    assertThat(count("getFileProperties")).isLessThanOrEqualTo(Interest.MANY + Interest.TRY_AGAIN);
  }

  @Test
  void namesThatLeftThePageAreFoundWhereTheyAre() throws Exception {
    files(100);
    ls(100, Duration.ZERO);
    for (int i = 0; i < 100; i += 2) {
      service.deleteFile(String.format("d/f%06d", i), Optional.empty());
    }
    pass(FILE_TTL.multipliedBy(2));
    for (int i = 0; i < 100; i++) {
      assertThat(catalog.find(String.format("/d/f%06d", i)).isPresent()).isEqualTo(i % 2 == 1);
    }
  }

  @Test
  void directoryThatIsFilledIsListedAgainInPlaceOfLookUps() throws Exception {
    try (var change = cache.change("/d")) {
      change.present("/d");
      change.emptyDirectory("/d");
    }
    for (int i = 0; i < 1_000; i++) {
      String name = String.format("f%06d", i);
      assertThat(catalog.find("/d/" + name)).isEmpty();
      try (var change = cache.change("/d/" + name)) {
        pass(Duration.ofMillis(10)); // ten seconds in all, while a listing is believed for one
        service.createFile("d/" + name, 1, NewItem.PLAIN, Optional.empty());
        change.present("/d/" + name);
      }
      if (i == 500) {
        service.createFile("d/other", 3, NewItem.PLAIN, Optional.empty());
        cache.get("/d/other"); // whatever is believed: it is seen within the TTL
      }
      if (i == 620) {
        assertThat(catalog.find("/d/other").orElseThrow().size()).isEqualTo(3);
      }
    }
    assertThat(count("listDirectory")).isBetween(8L, 13L);
    assertThat(count("getFileProperties")).isEqualTo(1); // of the file that was made elsewhere
    assertThat(counter.total()).isEqualTo(count("listDirectory") + 1);
  }

  @Test
  void whatManyWantAtOnceIsAskedForOnce() throws Exception {
    CountDownLatch answers = new CountDownLatch(1);
    gate = answers;
    ExecutorService readers = Executors.newFixedThreadPool(8);
    try {
      List<Thread> waiting = new CopyOnWriteArrayList<>();
      List<Future<Optional<Entry>>> found = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        found.add(
            readers.submit(
                () -> {
                  waiting.add(Thread.currentThread());
                  return catalog.find("/d");
                }));
      }
      await()
          .atMost(Duration.ofSeconds(60))
          .until(
              () ->
                  waiting.size() == 8
                      && waiting.stream()
                          .allMatch(
                              t ->
                                  t.getState() == Thread.State.WAITING
                                      || t.getState() == Thread.State.TIMED_WAITING));
      // who comes after a change of this mount does not get the answer of before
      cache.change("/d").close();
      Future<Optional<Entry>> later = workers.submit(() -> catalog.find("/d"));
      await().atMost(Duration.ofSeconds(60)).until(() -> counter.total() == 2);
      answers.countDown();
      for (Future<Optional<Entry>> one : found) {
        assertThat(one.get(60, TimeUnit.SECONDS)).isPresent();
      }
      assertThat(later.get(60, TimeUnit.SECONDS)).isPresent();
      assertThat(counter.total()).isEqualTo(2);
    } finally {
      readers.shutdownNow();
    }
  }
}
