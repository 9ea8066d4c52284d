package io.batchmount.emulator.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Shares, snapshots, permissions and NFS shares, sections 7 and 13 of the protocol. */
class ShareTest extends Emulated {
  private static final String SDDL = "O:BAG:SYD:(A;;FA;;;SY)";

  @Test
  void createGetAndSet() {
    assertThat(wire.share(share).outcome()).isEqualTo("409 ShareAlreadyExists");
    String s = "/" + share + "?restype=share";
    for (String method : new String[] {"GET", "HEAD"}) {
      Wire.Answer a = wire.send(method, s);
      assertThat(a.header("x-ms-share-quota")).isEqualTo("5120");
      assertThat(a.header("x-ms-lease-state")).isEqualTo("available");
      assertThat(a.header("x-ms-access-tier")).isEqualTo("TransactionOptimized");
      assertThat(a.header("x-ms-has-legal-hold")).isEqualTo("false");
      assertThat(a.header("x-ms-has-immutability-policy")).isEqualTo("false");
    }
    String etag = wire.send("GET", s).header("etag");
    Wire.Answer set = wire.send("PUT", s + "&comp=properties", "x-ms-share-quota", "7");
    assertThat(set.outcome()).isEqualTo("200");
    assertThat(set.header("etag")).isNotEqualTo(etag);
    assertThat(wire.send("GET", s).header("x-ms-share-quota")).isEqualTo("7");
    assertThat(wire.send("PUT", s + "&comp=properties", "x-ms-share-quota", "0").outcome())
        .isEqualTo("400 InvalidHeaderValue");
    wire.send("PUT", s + "&comp=metadata", "x-ms-meta-Key", "v");
    assertThat(wire.send("GET", s + "&comp=metadata").header("x-ms-meta-key")).isEqualTo("v");
    String after = wire.send("GET", s).header("etag");
    wire.directory(share + "/d");
    assertThat(wire.send("GET", s).header("etag")).isEqualTo(after);
    assertThat(wire.send("GET", s + "&comp=stats").text())
        .endsWith("<ShareStats><ShareUsageBytes>0</ShareUsageBytes></ShareStats>");
  }

  @ParameterizedTest
  @ValueSource(strings = {"ab", "Upper", "a--b", "-ab", "ab-", "a_b"})
  void badNames(String name) {
    assertThat(wire.share(name).outcome()).isEqualTo("400 InvalidResourceName");
  }

  @Test
  void deletedShares() throws IOException {
    String s = "/" + share + "?restype=share";
    assertThat(wire.send("DELETE", s).outcome()).isEqualTo("202");
    assertThat(wire.send("GET", s).outcome()).isEqualTo("404 ShareNotFound");
    assertThat(wire.send("DELETE", s).outcome()).isEqualTo("404 ShareNotFound");
    assertThat(wire.share(share).outcome()).isEqualTo("409 ShareBeingDeleted");
    try (FilesEmulator quick = FilesEmulator.builder().shareDeletionDelay(Duration.ZERO).start()) {
      Wire w = new Wire(quick);
      w.share("again");
      w.write("again/f", "x");
      w.send("DELETE", "/again?restype=share");
      assertThat(w.share("again").outcome()).isEqualTo("201");
      assertThat(w.head("again/f").outcome()).isEqualTo("404 ResourceNotFound");
    }
  }

  @Test
  void restore() {
    wire.write(share + "/f", "kept");
    wire.send("DELETE", "/" + share + "?restype=share");
    Wire.Answer list = wire.get("?comp=list&include=deleted&prefix=" + share);
    assertThat(list.text()).contains("<Deleted>true</Deleted>").contains("<DeletedTime>");
    String version = list.all("Version").get(0);
    assertThat(
            wire.send(
                    "PUT",
                    "/" + share + "?restype=share&comp=undelete",
                    "x-ms-deleted-share-name",
                    share,
                    "x-ms-deleted-share-version",
                    "01D60F8BB59A4652")
                .outcome())
        .isEqualTo("404 ShareNotFound");
    assertThat(
            wire.send(
                    "PUT",
                    "/" + share + "?restype=share&comp=undelete",
                    "x-ms-deleted-share-name",
                    share,
                    "x-ms-deleted-share-version",
                    version)
                .outcome())
        .isEqualTo("201");
    assertThat(wire.get(share + "/f").text()).isEqualTo("kept");
  }

  @Test
  void listShares() {
    wire.share(share + "-a", "x-ms-meta-Name1", "v");
    wire.share(share + "-b");
    Wire.Answer all = wire.get("?comp=list&include=metadata&prefix=" + share);
    assertThat(all.all("Name")).containsExactly(share, share + "-a", share + "-b");
    assertThat(all.text())
        .contains("<Metadata><Name1>v</Name1></Metadata>")
        .contains("<Quota>5120</Quota>")
        .contains("<NextMarker />")
        .contains("<Prefix>" + share + "</Prefix>");
    Wire.Answer first = wire.get("?comp=list&maxresults=2&prefix=" + share);
    assertThat(first.all("Name")).hasSize(2);
    String marker = first.all("NextMarker").get(0);
    assertThat(
            wire.get("?comp=list&prefix=" + share + "&marker=" + marker.replace("/", "%2F"))
                .all("Name"))
        .containsExactly(share + "-b");
    assertThat(wire.get("?comp=list&maxresults=0").outcome())
        .isEqualTo("400 OutOfRangeQueryParameterValue");
  }

  @Test
  void snapshots() {
    wire.write(share + "/f", "old");
    Wire.Answer a = wire.send("PUT", "/" + share + "?restype=share&comp=snapshot");
    assertThat(a.outcome()).isEqualTo("201");
    String time = a.header("x-ms-snapshot");
    assertThat(time).matches(".*:\\d\\d\\.0000000Z");
    wire.write(share + "/f", "new");
    wire.file(share + "/g", 1);
    assertThat(wire.get(share + "/f?sharesnapshot=" + time).text()).isEqualTo("old");
    for (String name : List.of("x-ms-lease-state", "x-ms-lease-status")) {
      assertThat(wire.get(share + "/f").has(name)).isTrue();
      assertThat(wire.get(share + "/f?sharesnapshot=" + time).has(name)).isFalse();
    }
    assertThat(wire.get(share + "?restype=directory&comp=list&sharesnapshot=" + time).all("Name"))
        .containsExactly("f");
    assertThat(wire.get(share + "/f?sharesnapshot=2020-01-01T00:00:00.0000000Z").outcome())
        .isEqualTo("404 ShareNotFound");
    assertThat(wire.send("PUT", "/" + share + "/f?comp=metadata&sharesnapshot=" + time).outcome())
        .isEqualTo("400 ShareSnapshotOperationNotSupported");
    assertThat(
            wire.send("PUT", "/" + share + "?restype=share&comp=snapshot").header("x-ms-snapshot"))
        .isNotEqualTo(time);
    assertThat(wire.send("DELETE", "/" + share + "?restype=share").outcome())
        .isEqualTo("409 ShareHasSnapshots");
    assertThat(wire.get("?comp=list&include=snapshots&prefix=" + share).all("Snapshot")).hasSize(2);
    assertThat(wire.send("DELETE", "/" + share + "?restype=share&sharesnapshot=" + time).outcome())
        .isEqualTo("202");
    assertThat(
            wire.send("DELETE", "/" + share + "?restype=share", "x-ms-delete-snapshots", "include")
                .outcome())
        .isEqualTo("202");
  }

  @Test
  void premiumSharesTellWhatTheyAreGiven() {
    wire.share(share + "-p", "x-ms-access-tier", "Premium", "x-ms-share-quota", "200");
    Wire.Answer a = wire.get(share + "-p?restype=share");
    assertThat(a.header("x-ms-share-provisioned-iops")).isEqualTo("3200");
    assertThat(a.header("x-ms-share-provisioned-bandwidth-mibps")).isEqualTo("120");
    assertThat(a.has("x-ms-access-tier-change-time")).isFalse();
    assertThat(wire.get("?comp=list&prefix=" + share + "-p").text())
        .containsSubsequence(
            "<Quota>200</Quota><AccessTier>Premium</AccessTier><ProvisionedIops>3200</ProvisionedIops>",
            "<ProvisionedBandwidthMiBps>120</ProvisionedBandwidthMiBps><ProvisionedIngressMBps>120",
            "<ProvisionedEgressMBps>120</ProvisionedEgressMBps><NextAllowedQuotaDowngradeTime>",
            "<DefaultEncryptionScope>");
  }

  @Test
  void permissions() {
    byte[] body = ("{\"permission\":\"" + SDDL + "\"}").getBytes(StandardCharsets.UTF_8);
    Wire.Answer a = wire.send("PUT", "/" + share + "?restype=share&comp=filepermission", body);
    assertThat(a.outcome()).isEqualTo("201");
    String key = a.header("x-ms-file-permission-key");
    Wire.Answer made = wire.file(share + "/f", 1, "x-ms-file-permission", SDDL);
    assertThat(made.header("x-ms-file-permission-key")).isEqualTo(key);
    assertThat(
            wire.file(share + "/g", 1, "x-ms-file-permission-key", key)
                .header("x-ms-file-permission-key"))
        .isEqualTo(key);
    assertThat(
            wire.get(share + "?restype=share&comp=filepermission", "x-ms-file-permission-key", key)
                .text())
        .isEqualTo("{\"permission\":\"" + SDDL + "\"}");
    assertThat(
            wire.get(share + "?restype=share&comp=filepermission", "x-ms-file-permission-key", "x")
                .outcome())
        .isEqualTo("400 InvalidHeaderValue");
    assertThat(wire.file(share + "/h", 1, "x-ms-file-permission-key", "1*2").outcome())
        .isEqualTo("400 FileInvalidPermissionKey");
    assertThat(
            wire.file(
                    share + "/f", 1, "x-ms-file-permission", SDDL, "x-ms-file-permission-key", key)
                .status())
        .isEqualTo(400);
  }

  @Test
  void nfsShares() {
    String nfs = share + "-nfs";
    assertThat(wire.share(nfs, "x-ms-enabled-protocols", "NFS").outcome()).isEqualTo("201");
    Wire.Answer f = wire.file(nfs + "/f", 3, "x-ms-mode", "0640", "x-ms-owner", "1000");
    assertThat(f.header("x-ms-mode")).isEqualTo("0640");
    assertThat(f.header("x-ms-owner")).isEqualTo("1000");
    assertThat(f.header("x-ms-group")).isEqualTo("0");
    assertThat(f.header("x-ms-file-file-type")).isEqualTo("Regular");
    assertThat(f.header("x-ms-file-parent-id")).isEqualTo("1");
    assertThat(f.has("x-ms-file-attributes")).isFalse();
    assertThat(f.has("x-ms-file-permission-key")).isFalse();
    assertThat(wire.file(nfs + "/F", 1).header("x-ms-mode")).isEqualTo("0664");
    Wire.Answer hard =
        wire.send(
            "PUT",
            "/" + nfs + "/h?restype=hardlink",
            "x-ms-type",
            "file",
            "x-ms-file-target-file",
            "/f");
    assertThat(hard.outcome()).isEqualTo("201");
    assertThat(hard.header("x-ms-file-id")).isEqualTo(f.header("x-ms-file-id"));
    assertThat(hard.header("x-ms-link-count")).isEqualTo("2");
    wire.put(nfs + "/f", 0, "abc".getBytes(StandardCharsets.UTF_8));
    assertThat(wire.get(nfs + "/h").text()).isEqualTo("abc");
    wire.send("DELETE", "/" + nfs + "/f");
    assertThat(wire.get(nfs + "/h").text()).isEqualTo("abc");
    Wire.Answer link =
        wire.send("PUT", "/" + nfs + "/l?restype=symboliclink", "x-ms-link-text", "a/b");
    assertThat(link.header("x-ms-file-file-type")).isEqualTo("SymLink");
    assertThat(link.header("x-ms-mode")).isEqualTo("0777");
    assertThat(wire.get(nfs + "/l?restype=symboliclink").header("x-ms-link-text"))
        .isEqualTo("a%2Fb");
  }

  @Test
  void requestsThatAreNoOperation() {
    assertThat(wire.get("?comp=nonsense").outcome()).isEqualTo("400 InvalidQueryParameterValue");
    assertThat(wire.get(share + "?restype=share&comp=nonsense").outcome())
        .isEqualTo("400 InvalidQueryParameterValue");
    assertThat(wire.send("POST", "/" + share + "?restype=share").outcome())
        .isEqualTo("405 UnsupportedHttpVerb");
    assertThat(wire.get(share + "?restype=share&timeout=x").outcome())
        .isEqualTo("400 InvalidQueryParameterValue");
    assertThat(wire.get(share + "?restype=share&timeout=30").outcome()).isEqualTo("200");
  }

  @Test
  void handles() {
    wire.file(share + "/f", 1);
    assertThat(wire.get(share + "/f?comp=listhandles").text())
        .endsWith("<EnumerationResults><Entries /><NextMarker /></EnumerationResults>");
    assertThat(
            wire.send("PUT", "/" + share + "/f?comp=forceclosehandles", "x-ms-handle-id", "*")
                .header("x-ms-number-of-handles-closed"))
        .isEqualTo("0");
    assertThat(
            wire.send("PUT", "/" + share + "/f?comp=forceclosehandles", "x-ms-handle-id", "x")
                .outcome())
        .isEqualTo("400 InvalidHeaderValue");
  }

  @Test
  void servicePropertiesAreKept() {
    String xml =
        "<StorageServiceProperties><Cors><CorsRule><AllowedMethods>GET</AllowedMethods>"
            + "<AllowedOrigins>*</AllowedOrigins><AllowedHeaders>*</AllowedHeaders><ExposedHeaders>*</ExposedHeaders>"
            + "<MaxAgeInSeconds>5</MaxAgeInSeconds></CorsRule></Cors></StorageServiceProperties>";
    assertThat(
            wire.send(
                    "PUT",
                    "/?restype=service&comp=properties",
                    xml.getBytes(StandardCharsets.UTF_8))
                .outcome())
        .isEqualTo("202");
    assertThat(wire.get("?restype=service&comp=properties").text())
        .contains("<MaxAgeInSeconds>5</MaxAgeInSeconds>")
        .contains("<HourMetrics>");
    assertThat(
            wire.send(
                    "PUT",
                    "/?restype=service&comp=properties",
                    "<x".getBytes(StandardCharsets.UTF_8))
                .outcome())
        .isEqualTo("400 InvalidXmlDocument");
  }
}
