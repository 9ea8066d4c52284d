package io.batchmount.emulator.files.protocol;

import java.util.LinkedHashMap;
import java.util.Map;

/** An error answer. Has no stack trace: it is an answer like others, not a defect. */
public final class ServiceException extends RuntimeException {
  private final String code;
  private final int status;
  private final String text;
  private final transient Map<String, String> elements = new LinkedHashMap<>();
  private final transient Map<String, String> headers = new LinkedHashMap<>();

  /** With the status and text of the code. */
  public ServiceException(ErrorCode code) {
    this(code.name(), code.status(), code.message());
  }

  /** Any code with any status: injected errors. */
  public ServiceException(String code, int status, String text) {
    super(code, null, false, false);
    this.code = code;
    this.status = status;
    this.text = text;
  }

  /** A header without which the request cannot be. */
  public static ServiceException missingHeader(String name) {
    return new ServiceException(ErrorCode.MissingRequiredHeader).element("HeaderName", name);
  }

  /** A header with a value that cannot be. */
  public static ServiceException invalidHeader(String name, String value) {
    return new ServiceException(ErrorCode.InvalidHeaderValue)
        .element("HeaderName", name)
        .element("HeaderValue", value);
  }

  /** A query parameter with a value that cannot be. */
  public static ServiceException invalidQuery(String name, String value, String reason) {
    return new ServiceException(ErrorCode.InvalidQueryParameterValue)
        .element("QueryParameterName", name)
        .element("QueryParameterValue", value)
        .element("Reason", reason);
  }

  /** Adds an element to the body, after the message. */
  public ServiceException element(String name, String value) {
    elements.put(name, value);
    return this;
  }

  /** Adds a header to the answer. */
  public ServiceException header(String name, String value) {
    headers.put(name, value);
    return this;
  }

  /** The error code. */
  public String code() {
    return code;
  }

  /** The HTTP status. */
  public int status() {
    return status;
  }

  /** The text for people. */
  public String text() {
    return text;
  }

  /** Elements after the message. */
  public Map<String, String> elements() {
    return elements;
  }

  /** Headers beyond the usual. */
  public Map<String, String> headers() {
    return headers;
  }
}
