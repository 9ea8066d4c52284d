package io.batchmount.core.fuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.core.contract.Capabilities;
import io.batchmount.core.contract.Posix;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The same cases through libfuse 2 and jnr-fuse; what differs is said in each override. */
class LibfuseMountContractTest extends MemoryMountContractTest {
  private static final String HIDDEN = ".fuse_hidden";
  private static final Duration LIMIT = Duration.ofSeconds(20);

  @Override
  protected FuseMountOptions mountOptions() {
    return super.mountOptions().withBinding(FuseBinding.LIBFUSE);
  }

  /**
   * The kernel tells of the last close after it has returned, and libfuse removes its hidden name
   * then: listings wait for that.
   */
  @Override
  public Posix posix() {
    Posix plain = super.posix();
    return (Posix)
        Proxy.newProxyInstance(
            Posix.class.getClassLoader(),
            new Class<?>[] {Posix.class},
            (proxy, method, arguments) -> {
              try {
                if (method.getName().equals("list")) {
                  return Awaitility.await()
                      .atMost(LIMIT)
                      .until(
                          () -> plain.list((String) arguments[0]),
                          names -> names.stream().noneMatch(name -> name.startsWith(HIDDEN)));
                }
                return method.invoke(plain, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  @Override
  public Capabilities capabilities() {
    return super.capabilities()
        .without(
            Capabilities.Feature.RENAME_NO_REPLACE,
            Errno.EINVAL,
            "libfuse 2 knows no flags of rename");
  }

  /** libfuse 2 keeps an unlinked open file under a hidden name beside it until it is closed. */
  @Test
  @Override
  public void directoryCanBeRemovedAfterUnlinkOfOpenFile() throws Exception {
    posix().mkdir("/d", 0755);
    put("/d/f", "x");
    int fd = posix().open("/d/f", 0, 0);
    try {
      posix().unlink("/d/f");
      assertThatThrownBy(() -> posix().rmdir("/d"))
          .isInstanceOfSatisfying(
              FsException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOTEMPTY));
    } finally {
      posix().close(fd);
    }
    assertThat(posix().list("/d")).isEmpty();
    posix().rmdir("/d");
    assertThat(posix().list("/")).isEmpty();
  }

  /** Each name has cached attributes of its own: the count of links is late by their timeout. */
  @Test
  @Override
  public void hardLink() throws Exception {
    put("/f", "x");
    posix().link("/f", "/g");
    assertThat(text("/g")).isEqualTo("x");
    posix().unlink("/f");
    assertThat(text("/g")).isEqualTo("x");
  }
}
