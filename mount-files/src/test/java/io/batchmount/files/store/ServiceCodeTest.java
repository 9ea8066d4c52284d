package io.batchmount.files.store;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServiceCodeTest {
  /** What is counted as an answer, and what as an error. */
  @ParameterizedTest
  @CsvSource({
    "404, ResourceNotFound, true",
    "404, ParentNotFound, true",
    "404, '', true",
    "416, InvalidRange, true",
    "404, ShareNotFound, false",
    "403, AuthenticationFailed, false",
    "409, ResourceTypeMismatch, false",
    "500, InternalError, false",
    "503, ServerBusy, false",
  })
  void nothingThereIsAnAnswer(int status, String code, boolean answer) {
    assertThat(ServiceCode.isNothingThere(status, code)).isEqualTo(answer);
  }
}
