package io.batchmount.core.fuse;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class MountTableTest {
  private static final String TABLE =
      """
      23 1 254:0 / / rw,relatime shared:1 - ext4 /dev/root rw,discard
      24 23 0:22 / /proc rw,nosuid,nodev,noexec shared:5 master:1 - proc proc rw
      80 23 0:50 / /mnt/with\\040space\\011tab\\134slash\\012line rw,nosuid - fuse.batchmount blob:a\\040b rw
      81 23 0:51 / /mnt/data rw - fuse.sshfs host:/dir rw
      82 81 0:52 / /mnt/data ro,nosuid - fuse.batchmount files:logs rw,user_id=0
      83 23 0:53 / /mnt/\\303\\251t\\303\\251 rw - fuse x rw
      84 23 0:54 / /mnt/raw\303\251 rw - fuseblk x rw
      broken line
      """;

  private final MountTable table = MountTable.parse(TABLE);

  @Test
  void unescapesNames() {
    MountTable.Entry entry = table.entries().get(2);
    assertThat(entry.mountPoint()).isEqualTo("/mnt/with space\ttab\\slash\nline");
    assertThat(entry.source()).isEqualTo("blob:a b");
    assertThat(entry.type()).isEqualTo("fuse.batchmount");
    assertThat(entry.device()).isEqualTo("0:50");
    assertThat(entry.isOurs()).isTrue();
  }

  @Test
  void namesAreUtf8HoweverTheyAreWritten() {
    assertThat(table.entries().get(5).mountPoint()).isEqualTo("/mnt/\u00e9t\u00e9");
    assertThat(table.entries().get(6).mountPoint()).isEqualTo("/mnt/raw\u00e9");
  }

  @Test
  void theLastMountOfAPlaceIsSeen() {
    assertThat(table.at(Path.of("/mnt/data")).orElseThrow().source()).isEqualTo("files:logs");
    assertThat(table.at(Path.of("/mnt/data")).orElseThrow().options()).isEqualTo("ro,nosuid");
    assertThat(table.at(Path.of("/mnt/other"))).isEmpty();
  }

  @Test
  void tellsFuseAndOurs() {
    assertThat(table.ours()).hasSize(2);
    assertThat(table.entries().stream().filter(MountTable.Entry::isFuse)).hasSize(5);
    assertThat(table.entries()).hasSize(7);
  }

  @Test
  void readsTheTableOfThisMachine() throws Exception {
    assertThat(MountTable.read().at(Path.of("/proc")).orElseThrow().type()).isEqualTo("proc");
  }
}
