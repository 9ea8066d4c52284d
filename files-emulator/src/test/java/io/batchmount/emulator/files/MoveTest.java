package io.batchmount.emulator.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rename and copy, sections 10 and 12 of the protocol. */
class MoveTest extends Emulated {
  private static final String ID = "11111111-2222-3333-4444-555555555555";
  private static final String SDDL = "O:BAG:SYD:(A;;FA;;;SY)(A;;0x1200a9;;;BU)";

  private Wire.Answer rename(String from, String to, String... headers) {
    return renameAs("?comp=rename", from, to, headers);
  }

  private Wire.Answer renameAs(String query, String from, String to, String... headers) {
    List<String> all =
        new ArrayList<>(
            List.of("x-ms-file-rename-source", "https://any.example/" + share + "/" + from));
    all.addAll(List.of(headers));
    return wire.send("PUT", "/" + share + "/" + to + query, all.toArray(String[]::new));
  }

  private Wire.Answer renameDirectory(String from, String to, String... headers) {
    return renameAs("?restype=directory&comp=rename", from, to, headers);
  }

  private void lease(String path) {
    wire.send(
        "PUT",
        "/" + share + "/" + path + "?comp=lease",
        "x-ms-lease-action",
        "acquire",
        "x-ms-lease-duration",
        "-1",
        "x-ms-proposed-lease-id",
        ID);
  }

  private Wire.Answer copy(String from, String to, String... headers) {
    List<String> all =
        new ArrayList<>(List.of("x-ms-copy-source", "https://any.example/" + share + "/" + from));
    all.addAll(List.of(headers));
    return wire.send("PUT", "/" + share + "/" + to, all.toArray(String[]::new));
  }

  @Test
  void renameKeepsAllButParentChangeTimeAndEtag() {
    wire.write(share + "/a", "text");
    wire.send("PUT", "/" + share + "/a?comp=metadata", "x-ms-meta-k", "v");
    Wire.Answer before = wire.head(share + "/a");
    wire.directory(share + "/d");
    Wire.Answer a = rename("a", "d/b");
    assertThat(a.outcome()).isEqualTo("200");
    assertThat(a.header("x-ms-request-server-encrypted")).isEqualTo("true");
    Wire.Answer after = wire.head(share + "/d/b");
    for (String same :
        List.of(
            "x-ms-file-id",
            "x-ms-file-creation-time",
            "x-ms-file-last-write-time",
            "x-ms-file-attributes",
            "x-ms-file-permission-key",
            "content-type",
            "content-length",
            "x-ms-meta-k")) {
      assertThat(after.header(same)).as(same).isEqualTo(before.header(same));
    }
    for (String other : List.of("x-ms-file-parent-id", "x-ms-file-change-time", "etag")) {
      assertThat(after.header(other))
          .as(other)
          .isNotEqualTo(before.header(other))
          .isEqualTo(a.header(other));
    }
    assertThat(wire.get(share + "/d/b").text()).isEqualTo("text");
    assertThat(wire.head(share + "/a").outcome()).isEqualTo("404 ResourceNotFound");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a%20b", "50%2541", "100%25", "a%23b", "a+b", "%F0%9F%98%80"})
  void sourceIsDecodedOnceAndMayBeOneSegment(String name) {
    wire.directory(share + "/d");
    wire.file(share + "/d/" + name, 1);
    assertThat(
            wire.send(
                    "PUT",
                    "/" + share + "/x?comp=rename",
                    "x-ms-file-rename-source",
                    "http://devstoreaccount1.file.core.windows.net/" + share + "%2Fd%2F" + name)
                .outcome())
        .isEqualTo("200");
    assertThat(
            wire.send(
                    "PUT",
                    "/" + share + "/d/" + name + "?comp=rename",
                    "x-ms-file-rename-source",
                    "http://127.0.0.1/devstoreaccount1/" + share + "/x?sv=1&sig=abc")
                .outcome())
        .isEqualTo("200");
  }

  @Test
  void numberSignThatIsNotEncodedEndsTheSource() {
    wire.directory(share + "/a%23b");
    assertThat(renameDirectory("a#b", "c").outcome()).isEqualTo("404 ResourceNotFound");
    wire.directory(share + "/a");
    assertThat(renameDirectory("a#b", "c").outcome()).isEqualTo("200");
    assertThat(wire.get(share + "/a%23b?restype=directory").outcome()).isEqualTo("200");
    assertThat(wire.get(share + "/a?restype=directory").outcome())
        .isEqualTo("404 ResourceNotFound");
  }

  @Test
  void renameOntoWhatIsThere() {
    wire.write(share + "/a", "a");
    wire.write(share + "/b", "b");
    wire.directory(share + "/d");
    assertThat(rename("a", "b").outcome()).isEqualTo("409 ResourceAlreadyExists");
    assertThat(rename("a", "d", "x-ms-file-rename-replace-if-exists", "true").outcome())
        .isEqualTo("409 ResourceAlreadyExists");
    wire.send("PUT", "/" + share + "/b?comp=properties", "x-ms-file-attributes", "ReadOnly");
    assertThat(rename("a", "b", "x-ms-file-rename-replace-if-exists", "true").outcome())
        .isEqualTo("409 ReadOnlyAttribute");
    assertThat(
            rename(
                    "a",
                    "b",
                    "x-ms-file-rename-replace-if-exists",
                    "true",
                    "x-ms-file-rename-ignore-readonly",
                    "true")
                .outcome())
        .isEqualTo("200");
    assertThat(wire.get(share + "/b").text()).isEqualTo("a");
  }

  @Test
  void renameOfLeasedFiles() {
    wire.write(share + "/a", "a");
    wire.write(share + "/b", "b");
    lease("a");
    assertThat(rename("a", "c").outcome()).isEqualTo("412 LeaseIdMissing");
    assertThat(rename("a", "c", "x-ms-source-lease-id", ID).outcome()).isEqualTo("200");
    assertThat(wire.head(share + "/c").header("x-ms-lease-state")).isEqualTo("leased");
    assertThat(rename("b", "c", "x-ms-file-rename-replace-if-exists", "true").outcome())
        .isEqualTo("412 LeaseIdMissing");
    assertThat(
            rename(
                    "b",
                    "c",
                    "x-ms-file-rename-replace-if-exists",
                    "true",
                    "x-ms-destination-lease-id",
                    ID)
                .outcome())
        .isEqualTo("200");
    assertThat(wire.head(share + "/c").header("x-ms-lease-state")).isEqualTo("available");
  }

  @Test
  void renameSetsWhatIsAsked() {
    wire.file(share + "/a", 1, "x-ms-meta-old", "1");
    Wire.Answer a =
        rename(
            "a",
            "b",
            "x-ms-file-attributes",
            "Hidden",
            "x-ms-file-creation-time",
            "2011-10-05T14:48:00Z",
            "x-ms-file-permission",
            SDDL,
            "x-ms-content-type",
            "text/x",
            "x-ms-meta-new",
            "2");
    assertThat(a.header("x-ms-file-attributes")).isEqualTo("Hidden");
    assertThat(a.header("x-ms-file-creation-time")).isEqualTo("2011-10-05T14:48:00.0000000Z");
    Wire.Answer head = wire.head(share + "/b");
    assertThat(head.header("content-type")).isEqualTo("text/x");
    assertThat(head.header("x-ms-meta-new")).isEqualTo("2");
    assertThat(head.has("x-ms-meta-old")).isFalse();
    Wire.Answer text =
        wire.get(
            share + "?restype=share&comp=filepermission",
            "x-ms-file-permission-key",
            a.header("x-ms-file-permission-key"));
    assertThat(text.text()).isEqualTo("{\"permission\":\"" + SDDL + "\"}");
  }

  @Test
  void renameOfDirectories() {
    wire.directory(share + "/d");
    wire.directory(share + "/d/e");
    wire.write(share + "/d/e/f", "deep");
    wire.write(share + "/x", "x");
    assertThat(renameDirectory("d", "d/e/g").status()).isIn(400, 409);
    assertThat(renameDirectory("d", "d/g").status()).isIn(400, 409);
    assertThat(renameDirectory("d", "x").outcome()).isEqualTo("409 ResourceAlreadyExists");
    assertThat(renameDirectory("d", "x", "x-ms-file-rename-replace-if-exists", "true").outcome())
        .isEqualTo("200");
    assertThat(wire.get(share + "/x/e/f").text()).isEqualTo("deep");
    wire.directory(share + "/empty");
    assertThat(
            renameDirectory("x", "empty", "x-ms-file-rename-replace-if-exists", "true").outcome())
        .isEqualTo("409 ResourceAlreadyExists");
    assertThat(renameDirectory("no", "n").outcome()).isEqualTo("404 ResourceNotFound");
    assertThat(renameDirectory("x", "no/n").outcome()).isEqualTo("404 ParentNotFound");
    assertThat(rename("nofile", "n").outcome()).isEqualTo("404 ResourceNotFound");
  }

  @Test
  void renameOfCaseOnlyAndOntoItself() {
    wire.write(share + "/name", "x");
    assertThat(rename("name", "NAME").outcome()).isEqualTo("200");
    assertThat(wire.get(share + "?restype=directory&comp=list").all("Name"))
        .containsExactly("NAME");
    assertThat(wire.get(share + "/name").text()).isEqualTo("x");
    wire.directory(share + "/dir");
    assertThat(renameDirectory("dir", "Dir").outcome()).isEqualTo("200");
  }

  @Test
  void renameIsNotThereBefore() {
    wire.write(share + "/a", "a");
    wire.version = "2021-02-12";
    assertThat(rename("a", "b").outcome()).isEqualTo("400 InvalidQueryParameterValue");
  }

  @Test
  void copyWithinTheAccount() {
    wire.file(
        share + "/a",
        1024,
        "x-ms-content-type",
        "text/x",
        "x-ms-meta-k",
        "v",
        "x-ms-file-last-write-time",
        "2012-01-02T03:04:05Z");
    wire.put(share + "/a", 0, "hello".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    Wire.Answer a = copy("a", "b");
    assertThat(a.outcome()).isEqualTo("202");
    assertThat(a.header("x-ms-copy-status")).isEqualTo("success");
    assertThat(a.header("x-ms-copy-id")).matches("[0-9a-f-]{36}");
    Wire.Answer head = wire.head(share + "/b");
    assertThat(head.header("x-ms-copy-id")).isEqualTo(a.header("x-ms-copy-id"));
    assertThat(head.header("x-ms-copy-progress")).isEqualTo("1024/1024");
    assertThat(head.header("x-ms-copy-source")).endsWith("/" + share + "/a");
    assertThat(head.header("x-ms-copy-completion-time")).endsWith(" GMT");
    assertThat(head.header("content-type")).isEqualTo("text/x");
    assertThat(head.header("x-ms-meta-k")).isEqualTo("v");
    assertThat(head.header("x-ms-file-last-write-time")).isGreaterThan("2020");
    assertThat(wire.get(share + "/b").text()).startsWith("hello").hasSize(1024);
    wire.put(share + "/a", 0, "HELLO".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    assertThat(wire.get(share + "/b").text()).startsWith("hello");
    Wire.Answer abort =
        wire.send(
            "PUT",
            "/" + share + "/b?comp=copy&copyid=" + a.header("x-ms-copy-id"),
            "x-ms-copy-action",
            "abort");
    assertThat(abort.outcome()).isEqualTo("409 NoPendingCopyOperation");
    assertThat(
            wire.send("PUT", "/" + share + "/b?comp=copy&copyid=x", "x-ms-copy-action", "abort")
                .outcome())
        .isEqualTo("400 InvalidQueryParameterValue");
    wire.file(share + "/b", 1);
    assertThat(wire.head(share + "/b").has("x-ms-copy-id")).isFalse();
  }

  @Test
  void copyErrorsAndOptions() {
    wire.file(share + "/a", 1, "x-ms-file-attributes", "Hidden", "x-ms-file-permission", SDDL);
    assertThat(copy("no", "b").outcome()).isEqualTo("404 CannotVerifyCopySource");
    wire.file(share + "/ro", 1, "x-ms-file-attributes", "ReadOnly");
    assertThat(copy("a", "ro").outcome()).isEqualTo("409 ReadOnlyAttribute");
    assertThat(copy("a", "ro", "x-ms-file-copy-ignore-readonly", "true").outcome())
        .isEqualTo("202");
    copy(
        "a",
        "b",
        "x-ms-file-attributes",
        "System",
        "x-ms-file-copy-set-archive",
        "false",
        "x-ms-file-permission-copy-mode",
        "source",
        "x-ms-file-creation-time",
        "source",
        "x-ms-meta-m",
        "n");
    Wire.Answer a = wire.head(share + "/a");
    Wire.Answer b = wire.head(share + "/b");
    assertThat(b.header("x-ms-file-attributes")).isEqualTo("System");
    assertThat(b.header("x-ms-file-permission-key"))
        .isEqualTo(a.header("x-ms-file-permission-key"));
    assertThat(b.header("x-ms-file-creation-time")).isEqualTo(a.header("x-ms-file-creation-time"));
    assertThat(b.header("x-ms-meta-m")).isEqualTo("n");
    lease("b");
    assertThat(copy("a", "b").outcome()).isEqualTo("412 LeaseIdMissing");
    assertThat(copy("a", "b", "x-ms-lease-id", ID).outcome()).isEqualTo("202");
    assertThat(copy("a", "c", "x-ms-file-permission-copy-mode", "override").outcome())
        .isEqualTo("400 MissingRequiredHeader");
    wire.version = "2019-02-02";
    copy("a", "old");
    assertThat(wire.head(share + "/old").header("x-ms-file-last-write-time"))
        .isEqualTo(a.header("x-ms-file-last-write-time"));
  }
}
