package io.batchmount.launcher.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;

class EnvironmentProxyTest {
  private static Properties applied(Map<String, String> environment) {
    Properties properties = new Properties();
    EnvironmentProxy.apply(environment, properties);
    return properties;
  }

  @Test
  void variablesBecomePropertiesInEitherCase() {
    assertThat(applied(Map.of("HTTPS_PROXY", "http://proxy:3128", "http_proxy", "other")))
        .containsOnly(
            Map.entry("https.proxyHost", "proxy"),
            Map.entry("https.proxyPort", "3128"),
            Map.entry("http.proxyHost", "other"),
            Map.entry("http.proxyPort", "80"),
            Map.entry("http.nonProxyHosts", "localhost|127.*|[::1]|169.254.*"));
  }

  @Test
  void hostsWithoutProxyAreMeantWithWhatIsBelowThem() {
    assertThat(
            applied(
                Map.of("HTTPS_PROXY", "http://proxy", "no_proxy", ".local, example.com,10.0.0.1")))
        .containsEntry(
            "http.nonProxyHosts",
            "localhost|127.*|[::1]|169.254.*|local|*.local|example.com|*.example.com|10.0.0.1|*.10.0.0.1");
    assertThat(applied(Map.of("HTTPS_PROXY", "http://proxy", "NO_PROXY", "*")))
        .containsEntry("http.nonProxyHosts", "localhost|127.*|[::1]|169.254.*|*");
  }

  @Test
  void passwordIsASecret() {
    assertThat(applied(Map.of("HTTPS_PROXY", "http://me:s3cr3t-of-the-proxy@proxy:3128")))
        .containsEntry("https.proxyUser", "me")
        .containsEntry("https.proxyPassword", "s3cr3t-of-the-proxy");
    assertThat(Redaction.redact("said s3cr3t-of-the-proxy")).doesNotContain("s3cr3t-of-the-proxy");
  }

  @Test
  void nothingIsSetWithoutAProxyOrOverOne() {
    assertThat(applied(Map.of())).isEmpty();
    assertThat(applied(Map.of("HTTPS_PROXY", " ", "HTTP_PROXY", "a b", "NO_PROXY", "x"))).isEmpty();
    Properties given = new Properties();
    given.setProperty("https.proxyHost", "given");
    EnvironmentProxy.apply(Map.of("HTTPS_PROXY", "http://proxy"), given);
    assertThat(given).containsOnly(Map.entry("https.proxyHost", "given"));
  }
}
