package io.batchmount.files.attributes;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.files.names.ShareNames;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which answers are kept when something changes while they are on their way. */
class AttributeCacheTest {
  private final AttributeCache cache = new AttributeCache(Duration.ofHours(1), Duration.ofHours(1));

  private void absent(AttributeCache.Ticket ticket, String path) {
    cache.put(ticket, path, Optional.empty());
  }

  @Test
  void answerAboutANameIsKeptWhileOthersOfItsDirectoryChange() {
    AttributeCache.Ticket ticket = cache.ticketForName("/d/new");
    try (var change = cache.change("/d/other")) {
      change.present("/d/other");
    }
    absent(ticket, "/d/new");
    assertThat(cache.get("/d/new")).contains(Optional.empty());
  }

  @Test
  void answerIsNotKeptWhenTheNameChangedMeanwhile() {
    AttributeCache.Ticket before = cache.ticketForName("/d/New");
    AttributeCache.Ticket during;
    try (var change = cache.change("/d/new")) {
      during = cache.ticketForName("/d/new");
      change.present("/d/new");
    }
    absent(before, "/d/New");
    absent(during, "/d/new");
    assertThat(cache.get("/d/new")).isEmpty();
  }

  @Test
  void answerIsNotKeptWhenItsDirectoryWasRenamedMeanwhile() {
    AttributeCache.Ticket ticket = cache.ticketForName("/d/f");
    try (var change = cache.change("/d", "/e")) {
      cache.forgetTree("/d");
      cache.forgetTree("/e");
      change.present("/e");
    }
    absent(ticket, "/d/f");
    assertThat(cache.get("/d/f")).isEmpty();
  }

  @Test
  void listingLeavesOpenWhatIsWithTheNamesThatChangedMeanwhile() {
    try (var listing = cache.beginListing("/d")) {
      try (var change = cache.change("/d/f")) {
        change.present("/d/f");
      }
      listing.complete(Set.of(ShareNames.key("e")));
    }
    assertThat(cache.get("/d/f")).isEmpty();
    assertThat(cache.get("/d/e")).isEmpty();
    assertThat(cache.get("/d/g")).contains(Optional.empty());
  }

  @Test
  void nameWhoseCreationOutlastsTheListingIsNotBelievedAbsent() {
    var change = cache.change("/d/f");
    change.present("/d/f");
    try (var listing = cache.beginListing("/d")) {
      listing.complete(Set.of());
    }
    change.close();
    assertThat(cache.get("/d/f")).isEmpty();
    assertThat(cache.get("/d/g")).contains(Optional.empty());
  }

  @Test
  void listingIsNotKeptWhenItsDirectoryWasRenamedMeanwhile() {
    for (String renamed : List.of("/a/d", "/a")) {
      try (var listing = cache.beginListing("/a/d")) {
        try (var change = cache.change(renamed, "/e")) {
          cache.forgetTree(renamed);
          cache.forgetTree("/e");
        }
        listing.complete(Set.of());
      }
      assertThat(cache.get("/a/d/f")).as(renamed).isEmpty();
    }
  }
}
