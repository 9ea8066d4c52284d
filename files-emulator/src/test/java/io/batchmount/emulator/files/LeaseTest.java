package io.batchmount.emulator.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Leases on files and shares, section 11 of the protocol. */
class LeaseTest extends Emulated {
  private static final String A = "11111111-2222-3333-4444-555555555555";
  private static final String B = "aaaaaaaa-2222-3333-4444-555555555555";

  private Wire.Answer lease(String path, String action, String... headers) {
    List<String> all = new ArrayList<>(List.of("x-ms-lease-action", action));
    all.addAll(List.of(headers));
    return wire.send(
        "PUT",
        "/" + path + (path.contains("?") ? "&" : "?") + "comp=lease",
        all.toArray(String[]::new));
  }

  private Wire.Answer acquire(String path, String id) {
    return lease(path, "acquire", "x-ms-lease-duration", "-1", "x-ms-proposed-lease-id", id);
  }

  @Test
  void actions() {
    String f = share + "/f";
    Wire.Answer made = wire.file(f, 5);
    assertThat(lease(f, "change", "x-ms-lease-id", A, "x-ms-proposed-lease-id", B).outcome())
        .isEqualTo("409 LeaseNotPresentWithLeaseOperation");
    assertThat(lease(f, "break").outcome()).isEqualTo("409 LeaseNotPresentWithLeaseOperation");
    assertThat(lease(f, "acquire", "x-ms-lease-duration", "15").outcome())
        .isEqualTo("400 InvalidHeaderValue");
    Wire.Answer a = acquire(f, A);
    assertThat(a.outcome()).isEqualTo("201");
    assertThat(a.header("x-ms-lease-id")).isEqualTo(A);
    assertThat(a.header("etag")).isEqualTo(made.header("etag"));
    assertThat(a.header("last-modified")).isEqualTo(made.header("last-modified"));
    assertThat(acquire(f, A).outcome()).isEqualTo("201");
    assertThat(acquire(f, B).outcome()).isEqualTo("409 LeaseAlreadyPresent");
    assertThat(lease(f, "release", "x-ms-lease-id", B).outcome())
        .isEqualTo("409 LeaseIdMismatchWithLeaseOperation");
    Wire.Answer changed = lease(f, "change", "x-ms-lease-id", A, "x-ms-proposed-lease-id", B);
    assertThat(changed.outcome()).isEqualTo("200");
    assertThat(changed.header("x-ms-lease-id")).isEqualTo(B);
    Wire.Answer broken = lease(f, "break");
    assertThat(broken.outcome()).isEqualTo("202");
    assertThat(broken.header("x-ms-lease-time")).isEqualTo("0");
    assertThat(broken.has("x-ms-lease-id")).isFalse();
    assertThat(wire.head(f).header("x-ms-lease-state")).isEqualTo("broken");
    assertThat(lease(f, "break").outcome()).isEqualTo("202");
    assertThat(acquire(f, A).outcome()).isEqualTo("201");
    lease(f, "break");
    Wire.Answer released = lease(f, "release", "x-ms-lease-id", A);
    assertThat(released.outcome()).isEqualTo("200");
    assertThat(released.has("x-ms-lease-id")).isFalse();
    assertThat(released.has("x-ms-lease-time")).isFalse();
    assertThat(wire.head(f).header("x-ms-lease-state")).isEqualTo("available");
    assertThat(lease(f, "acquire", "x-ms-lease-duration", "-1").header("x-ms-lease-id"))
        .matches("[0-9a-f-]{36}");
    Wire.Answer head = wire.head(f);
    assertThat(head.header("x-ms-lease-status")).isEqualTo("locked");
    assertThat(head.header("x-ms-lease-duration")).isEqualTo("infinite");
    assertThat(acquire(share + "/no", A).outcome()).isEqualTo("404 ResourceNotFound");
  }

  @Test
  void whatALeaseMeansForOthers() {
    String f = share + "/f";
    byte[] body = "hello".getBytes(StandardCharsets.UTF_8);
    wire.file(f, 5);
    String none = "412 LeaseNotPresentWithFileOperation";
    String other = "412 LeaseIdMismatchWithFileOperation";
    assertThat(wire.head(f, "x-ms-lease-id", A).outcome()).isEqualTo(none);
    assertThat(wire.put(f, 0, body, "x-ms-lease-id", A).outcome()).isEqualTo(none);
    acquire(f, A);
    for (String read : List.of("", "?comp=rangelist", "?comp=metadata")) {
      assertThat(wire.get(f + read).outcome()).isEqualTo("200");
      assertThat(wire.get(f + read, "x-ms-lease-id", A).outcome()).isEqualTo("200");
      assertThat(wire.get(f + read, "x-ms-lease-id", B).outcome()).isEqualTo(other);
    }
    assertThat(wire.put(f, 0, body).outcome()).isEqualTo("412 LeaseIdMissing");
    assertThat(wire.put(f, 0, body, "x-ms-lease-id", B).outcome()).isEqualTo(other);
    assertThat(wire.put(f, 0, body, "x-ms-lease-id", A).outcome()).isEqualTo("201");
    assertThat(wire.file(f, 5).outcome()).isEqualTo("412 LeaseIdMissing");
    assertThat(wire.resize(f, 5).outcome()).isEqualTo("412 LeaseIdMissing");
    assertThat(wire.resize(f, 5, "x-ms-lease-id", A).outcome()).isEqualTo("200");
    assertThat(wire.send("PUT", "/" + f + "?comp=metadata").outcome())
        .isEqualTo("412 LeaseIdMissing");
    assertThat(wire.clear(f, 0, 4).outcome()).isEqualTo("412 LeaseIdMissing");
    assertThat(wire.send("DELETE", "/" + f).outcome()).isEqualTo("412 LeaseIdMissing");
    lease(f, "break");
    assertThat(wire.put(f, 0, body, "x-ms-lease-id", A).outcome()).isEqualTo(none);
    assertThat(wire.put(f, 0, body).outcome()).isEqualTo("201");
    assertThat(wire.head(f).header("x-ms-lease-state")).isEqualTo("available");
    acquire(f, A);
    assertThat(wire.send("DELETE", "/" + f, "x-ms-lease-id", A).outcome()).isEqualTo("202");
  }

  @Test
  void leasesOnShares() {
    String s = share + "?restype=share";
    Wire.Answer a = lease(s, "acquire", "x-ms-lease-duration", "15", "x-ms-proposed-lease-id", A);
    assertThat(a.outcome()).isEqualTo("201");
    assertThat(a.header("x-ms-lease-id")).isEqualTo(A);
    assertThat(wire.get(s).header("x-ms-lease-duration")).isEqualTo("fixed");
    assertThat(
            lease(s, "acquire", "x-ms-lease-duration", "-1", "x-ms-proposed-lease-id", B).outcome())
        .isEqualTo("409 LeaseAlreadyPresent");
    assertThat(lease(s, "renew", "x-ms-lease-id", A).outcome()).isEqualTo("200");
    assertThat(
            lease(s, "change", "x-ms-lease-id", A, "x-ms-proposed-lease-id", B)
                .header("x-ms-lease-id"))
        .isEqualTo(B);
    assertThat(wire.get(s, "x-ms-lease-id", A).outcome())
        .isEqualTo("412 LeaseIdMismatchWithContainerOperation");
    assertThat(wire.send("PUT", "/" + s + "&comp=metadata", "x-ms-meta-a", "b").outcome())
        .isEqualTo("200");
    assertThat(wire.send("DELETE", "/" + s).outcome()).isEqualTo("412 LeaseIdMissing");
    Wire.Answer broken = lease(s, "break", "x-ms-lease-break-period", "5");
    assertThat(broken.outcome()).isEqualTo("202");
    assertThat(broken.header("x-ms-lease-time")).isEqualTo("5");
    assertThat(wire.get(s).header("x-ms-lease-state")).isEqualTo("breaking");
    assertThat(lease(s, "release", "x-ms-lease-id", B).header("x-ms-lease-time")).isEqualTo("0");
    assertThat(wire.get(s, "x-ms-lease-id", A).outcome())
        .isEqualTo("412 LeaseNotPresentWithContainerOperation");
    assertThat(wire.send("DELETE", "/" + s).outcome()).isEqualTo("202");
  }
}
