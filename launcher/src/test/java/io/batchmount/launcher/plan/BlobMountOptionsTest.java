package io.batchmount.launcher.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.batchmount.blob.NamePatterns;
import io.batchmount.blob.store.ServiceRoute;
import io.batchmount.launcher.job.ConfigurationException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Section 4.5 of the contract: option strings in blobfuse's words. */
class BlobMountOptionsTest {
  private static BlobMountSettings parse(String text) {
    return BlobMountOptions.parse(Optional.of(text));
  }

  @Test
  void absentEmptyAndBlankMeanTheServicesDefault() {
    BlobMountSettings settings = BlobMountOptions.parse(Optional.empty());
    assertThat(settings).isEqualTo(parse("")).isEqualTo(parse("  "));
    assertThat(settings.attributeTimeout()).contains(Duration.ofSeconds(240));
    assertThat(settings.entryTimeout()).contains(Duration.ofSeconds(240));
    assertThat(settings.negativeTimeout()).contains(Duration.ofSeconds(120));
    assertThat(settings.maxRead()).isEqualTo(OptionalInt.of(131072));
    assertThat(settings.maxWrite()).isEqualTo(OptionalInt.of(131072));
    assertThat(settings.keepPageCache()).isTrue();
    assertThat(settings.allowOther()).isTrue();
    assertThat(settings.fsName()).contains("blobfuse");
    assertThat(settings.warnings()).isEmpty();
  }

  @Test
  void givenStringReplacesTheDefault() {
    BlobMountSettings settings = parse("-o ro");
    assertThat(settings.readOnly()).isTrue();
    assertThat(settings.allowOther()).isFalse();
    assertThat(settings.attributeTimeout()).isEmpty();
    assertThat(settings.keepPageCache()).isFalse();
  }

  @Test
  void allFormsOfWritingAnOption() {
    BlobMountSettings settings =
        parse(
            "--file-cache-timeout-in-seconds=120  --cache-size-mb 2048 -o allow_other,attr_timeout=0.5"
                + " -oentry_timeout=1 --use-attr-cache true --read-only=true");
    assertThat(settings.cacheTimeout()).contains(Duration.ofSeconds(120));
    assertThat(settings.cacheBytes()).isEqualTo(OptionalLong.of(2048L << 20));
    assertThat(settings.allowOther()).isTrue();
    assertThat(settings.attributeTimeout()).contains(Duration.ofMillis(500));
    assertThat(settings.entryTimeout()).contains(Duration.ofSeconds(1));
    assertThat(settings.readOnly()).isTrue();
    assertThat(settings.warnings()).isEmpty();
  }

  @Test
  void namesOfAppendBlobs() {
    BlobMountSettings settings = parse("-o allow_other --append-blobs=*.log:*.out");
    assertThat(settings.appendBlobs()).contains(NamePatterns.parse("*.log:*.out"));
    assertThat(settings.warnings()).isEmpty();
    assertThat(parse("-o append-blobs=*.log,ro").appendBlobs())
        .contains(NamePatterns.parse("*.log"));
    assertThat(parse("-o ro").appendBlobs()).isEmpty();
    assertThatThrownBy(() -> parse("--append-blobs=logs/*.log"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("append-blobs")
        .hasMessageContaining("'logs/*.log'");
    assertThat(parse("--append-blob=*.log").warnings())
        .singleElement()
        .asString()
        .contains("did you mean \"append-blobs\"");
  }

  @Test
  void lastOfTwoHolds() {
    assertThat(parse("-o attr_timeout=1 -o attr_timeout=2").attributeTimeout())
        .contains(Duration.ofSeconds(2));
  }

  @Test
  void ownerModeBlockAndRetries() {
    BlobMountSettings settings =
        parse(
            "-o uid=1000,gid=1001,umask=022 --block-size-mb=16 --max-concurrency=32 --max-retry=3"
                + " --max-retry-interval-in-seconds=30 --ca-cert-file=/etc/ca.pem"
                + " --https-proxy=http://p:3128 --log-level=LOG_DEBUG");
    assertThat(settings.uid()).isEqualTo(OptionalInt.of(1000));
    assertThat(settings.gid()).isEqualTo(OptionalInt.of(1001));
    assertThat(settings.umask()).isEqualTo(OptionalInt.of(022));
    assertThat(settings.blockBytes()).isEqualTo(OptionalLong.of(16L << 20));
    assertThat(settings.concurrency()).isEqualTo(OptionalInt.of(32));
    assertThat(settings.maxRetries()).isEqualTo(OptionalInt.of(3));
    assertThat(settings.maxRetryInterval()).contains(Duration.ofSeconds(30));
    assertThat(settings.caCertificateFile()).contains("/etc/ca.pem");
    assertThat(settings.proxy()).contains(new ServiceRoute.Proxy("p", 3128));
    assertThat(settings.warnings()).isEmpty();
    assertThat(settings.logLevel()).contains("debug");
  }

  @Test
  void proxyForHttpsIsTakenBeforeThatForHttp() {
    assertThat(parse("--http-proxy=a:1 --https-proxy=http://b:2").proxy())
        .contains(new ServiceRoute.Proxy("b", 2));
    assertThat(parse("--http-proxy a:1").proxy()).contains(new ServiceRoute.Proxy("a", 1));
    BlobMountSettings signedIn = parse("--https-proxy=http://me:s3cr3t@p:3128");
    assertThat(signedIn.proxy()).isEmpty();
    assertThat(signedIn.warnings())
        .singleElement()
        .asString()
        .contains("--https-proxy has no effect", "user or password", "HTTPS_PROXY")
        .doesNotContain("s3cr3t");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--container-name=c",
        "--tmp-path=/mnt/tmp",
        "--config-file /etc/fuse.cfg",
        "--account-name=a",
        "--account-key=s3cr3t"
      })
  void optionsThatTheVolumeOrTheLauncherGivesAreRefused(String text) {
    assertThatThrownBy(() -> parse("-o ro " + text))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("must not hold")
        .hasMessageNotContaining("s3cr3t");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--high-disk-threshold=90",
        "--low-disk-threshold=80",
        "--cache-poll-timeout-msec=1",
        "--max-eviction=10",
        "--cancel-list-on-mount-seconds=10",
        "--empty-dir-check=false",
        "--use-adls=true",
        "--invalidate-on-sync",
        "--background-download",
        "--streaming",
        "--stream-cache-mb=500",
        "--max-blocks-per-file=3",
        "--set-content-type",
        "--retry-delay-factor=2",
        "--use-https=false"
      })
  void understoodOptionsWithoutCounterpartWarn(String text) {
    assertThat(parse(text).warnings()).singleElement().asString().contains("has no effect: ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--use-https=true",
        "--use-attr-cache=true",
        "--cache-on-list=true",
        "--upload-modified-only=true",
        "--no-symlinks",
        "-o big_writes",
        "-o default_permissions,nonempty"
      })
  void optionsThatAreSoInAnyCaseAreSilent(String text) {
    assertThat(parse(text).warnings()).isEmpty();
  }

  @Test
  void unknownOptionWarnsWithTheNearestName() {
    assertThat(parse("--file-cache-timeout-in-second=1").warnings())
        .singleElement()
        .asString()
        .contains(
            "is not known and has no effect, did you mean \"file-cache-timeout-in-seconds\"?");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-o",
        "word",
        "-o attr_timeout=long",
        "-o attr_timeout",
        "--cache-size-mb=-1",
        "-o uid=root",
        "-o umask=9",
        "--max-concurrency=0",
        "--log-level=LOUD"
      })
  void valuesThatMakeNoSenseAreRefused(String text) {
    assertThatThrownBy(() -> parse(text))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("\"mountOptions\"");
  }

  @Test
  void problemNamesTheVolume() {
    assertThat(
            TestPlans.refusedWith(
                ", \"mountVolumes\": {\"azureBlobFileSystems\": [{\"accountName\": \"acctnorth\","
                    + " \"containerName\": \"c\", \"relativeMountPath\": \"x\", \"mountOptions\":"
                    + " \"--tmp-path=/t\"}]}"))
        .hasMessageMatching(
            "(?s)job.json:1:\\d+: \"mountVolumes.azureBlobFileSystems\\[0\\].mountOptions\": must"
                + " not hold.*");
  }
}
