package io.batchmount.blob.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.batchmount.blob.BlobEntry;
import io.batchmount.blob.BlobMountOptions;
import io.batchmount.blob.store.BlobProperties;
import io.batchmount.blob.store.BlobType;
import io.batchmount.core.AttributeChange;
import io.batchmount.core.Caller;
import io.batchmount.core.Errno;
import io.batchmount.core.FileAttributes;
import io.batchmount.core.FileType;
import io.batchmount.core.FsException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import net.jqwik.api.constraints.UniqueElements;
import org.junit.jupiter.api.Test;

class AttributeCodecTest {
  private static final Instant NOW = Instant.parse("2026-03-04T05:06:07.123456789Z");
  private final AttributeCodec codec =
      new AttributeCodec(BlobMountOptions.builder("m").owner(7, 8).fileMode(0640).build());

  @Test
  void keepsModeOwnerAndTimesToTheNanosecond() {
    Map<String, String> metadata =
        AttributeCodec.created(FileType.REGULAR, 04755, new Caller(1000, 1001), NOW);
    assertThat(metadata)
        .containsEntry("mode", "104755")
        .containsEntry("uid", "1000")
        .containsEntry("mtime", "2026-03-04T05:06:07.123456789Z");
    FileAttributes attributes = stat(metadata);
    assertThat(attributes.permissions()).isEqualTo(04755);
    assertThat(attributes.uid()).isEqualTo(1000);
    assertThat(attributes.gid()).isEqualTo(1001);
    assertThat(attributes.mtime()).isEqualTo(NOW);
    Instant read = NOW.plusSeconds(9);
    FileAttributes touched =
        stat(
            AttributeCodec.changed(
                metadata,
                FileType.REGULAR,
                AttributeChange.ofTimes(Optional.empty(), Optional.of(read))));
    assertThat(touched.mtime()).isEqualTo(NOW);
    assertThat(touched.atime()).isEqualTo(read);
  }

  @Test
  void readsWhatRcloneAndBlobfuseWrite() {
    FileAttributes rclone =
        stat(Map.of("Mode", "100600", "UID", "5", "mtime", "2020-01-02T03:04:05.000000006+02:00"));
    assertThat(rclone.permissions()).isEqualTo(0600);
    assertThat(rclone.uid()).isEqualTo(5);
    assertThat(rclone.mtime()).isEqualTo(Instant.parse("2020-01-02T01:04:05.000000006Z"));
    assertThat(stat(Map.of("is_symlink", "true")).type()).isEqualTo(FileType.SYMLINK);
  }

  @Test
  void strangeValuesOfOtherToolsGiveTheDefaults() {
    FileAttributes attributes =
        stat(Map.of("mode", "rw-r--r--", "uid", "alice", "mtime", "yesterday"));
    assertThat(attributes.permissions()).isEqualTo(0640);
    assertThat(attributes.uid()).isEqualTo(7);
    assertThat(attributes.mtime()).isEqualTo(Instant.EPOCH);
  }

  @Property(tries = 300)
  void extendedAttributesComeBack(
      @ForAll @StringLength(min = 1, max = 40) String name, @ForAll @Size(max = 60) byte[] value)
      throws FsException {
    String utf8 = new String(name.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    Map<String, String> metadata =
        AttributeCodec.withXattr(Map.of("other", "kept"), "user." + utf8, value);
    metadata.forEach(
        (key, text) -> {
          assertThat(key).matches("[A-Za-z_][A-Za-z0-9_]*");
          assertThat(text).matches("[ -~]*").isEqualTo(text.strip());
        });
    assertThat(AttributeCodec.xattrs(metadata)).containsOnlyKeys("user." + utf8);
    assertThat(AttributeCodec.xattrs(metadata).get("user." + utf8)).isEqualTo(value);
    assertThat(AttributeCodec.withoutXattr(metadata, "user." + utf8))
        .isEqualTo(Map.of("other", "kept"));
  }

  @Property(tries = 100)
  void namesThatDifferInCaseStayApart(
      @ForAll @Size(2) @UniqueElements java.util.List<@StringLength(min = 1, max = 5) String> two)
      throws FsException {
    String a = new String(two.get(0).getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    String b = new String(two.get(1).getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    net.jqwik.api.Assume.that(!a.equals(b));
    Map<String, String> metadata =
        AttributeCodec.withXattr(
            AttributeCodec.withXattr(Map.of(), "user." + a, new byte[0]),
            "user." + b,
            new byte[] {1});
    assertThat(metadata).hasSize(2);
    assertThat(metadata.keySet().stream().map(k -> k.toLowerCase(java.util.Locale.ROOT)))
        .doesNotHaveDuplicates();
  }

  @Test
  void attributesAboveEightKiBAreRefused() throws FsException {
    Map<String, String> metadata =
        AttributeCodec.withXattr(Map.of(), "user.big", new byte[8 << 10]);
    assertThatThrownBy(() -> AttributeCodec.checkSize("/f", metadata))
        .isInstanceOfSatisfying(
            FsException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOSPC));
    assertThatThrownBy(() -> AttributeCodec.withXattr(Map.of(), "trusted.x", new byte[1]))
        .isInstanceOfSatisfying(
            FsException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOTSUP));
  }

  @Property(tries = 200)
  void targetsOfLinksComeBack(@ForAll @StringLength(min = 1, max = 100) String target) {
    String utf8 = new String(target.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    Map<String, String> metadata = AttributeCodec.symlink(utf8, Caller.ROOT, NOW);
    assertThat(AttributeCodec.isSymlink(metadata)).isTrue();
    assertThat(AttributeCodec.symlinkTarget(metadata)).contains(utf8);
    assertThat(metadata.get("symlink_target")).matches("[!-~]*");
  }

  private FileAttributes stat(Map<String, String> metadata) {
    return codec.attributes(
        BlobEntry.file(
            "/f",
            new BlobProperties(
                "f",
                3,
                "\"1\"",
                Instant.EPOCH,
                BlobType.BLOCK,
                metadata,
                Optional.empty(),
                Optional.empty(),
                Optional.empty())));
  }
}
