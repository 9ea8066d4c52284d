package io.batchmount.emulator.files.protocol;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Map;

/** The JSON bodies of Create and Get Permission. */
final class PermissionJson {
  private static final ObjectMapper JSON = new ObjectMapper();

  private PermissionJson() {}

  private static JsonNode tree(byte[] body) {
    try {
      return JSON.readTree(body);
    } catch (IOException e) {
      throw new ServiceException(ErrorCode.InvalidInput);
    }
  }

  /** The permission text. */
  static String read(byte[] body) {
    JsonNode text = tree(body).path("permission");
    if (!text.isTextual()) {
      throw new ServiceException(ErrorCode.InvalidInput);
    }
    return text.asText();
  }

  /** Whether it is in binary form. */
  static boolean binary(byte[] body) {
    return tree(body).path("format").asText("").equalsIgnoreCase("binary");
  }

  static byte[] write(String text) {
    try {
      return JSON.writeValueAsBytes(Map.of("permission", text));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a text can be written", e);
    }
  }
}
