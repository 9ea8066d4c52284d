package io.batchmount.blob.store;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServiceErrorsTest {
  /** What is counted as an answer, and what as an error. */
  @ParameterizedTest
  @CsvSource({
    "404, BlobNotFound, true",
    "404, PathNotFound, true",
    "404, '', true", // HEAD, of servers that do not repeat the code as a header
    "416, InvalidRange, true",
    "404, ContainerNotFound, false",
    "404, FilesystemNotFound, false",
    "403, AuthorizationFailure, false",
    "412, ConditionNotMet, false",
    "503, ServerBusy, false",
  })
  void nothingThereIsAnAnswer(int status, String code, boolean answer) {
    assertThat(ServiceErrors.isNothingThere(status, code)).isEqualTo(answer);
  }
}
