package io.batchmount.blob.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslProvider;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** TLS is native, so that decryption is fast before the compiler has seen it. */
@EnabledOnOs(
    value = OS.LINUX,
    architectures = {"amd64", "x86_64", "aarch64"})
class NativeTlsTest {
  @Test
  void libraryLoadsAndIsWhatNettyTakesByItself() throws SSLException {
    assertThat(OpenSsl.unavailabilityCause()).isNull();
    assertThat(SslContext.defaultClientProvider()).isEqualTo(SslProvider.OPENSSL);
  }
}
