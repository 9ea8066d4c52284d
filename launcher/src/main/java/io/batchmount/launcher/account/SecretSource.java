package io.batchmount.launcher.account;

import io.batchmount.launcher.options.UsageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Where a secret comes from; a file may give another one later. */
public sealed interface SecretSource {

  /**
   * The secret as it is now, without surrounding blanks; known to {@link Redaction} on return.
   *
   * @throws UsageException when it cannot be had; names the source
   */
  String read();

  /** For messages; never the secret. */
  String description();

  /** Something that differs once the secret may have changed. Cheap. */
  String version();

  /** A secret in a file, read again when asked. */
  static SecretSource file(Path path) {
    return new FromFile(path);
  }

  /**
   * A secret that does not change while the process lives.
   *
   * @param description variable or member that held it
   */
  static SecretSource fixed(String value, String description) {
    return new Fixed(value.strip(), description);
  }

  /**
   * @param path the file
   */
  record FromFile(Path path) implements SecretSource {
    @Override
    public String read() {
      try {
        String value = Files.readString(path, StandardCharsets.UTF_8).strip();
        if (value.isEmpty()) {
          throw new UsageException(path + " is empty; it must hold the secret");
        }
        Redaction.register(value);
        return value;
      } catch (NoSuchFileException e) {
        throw new UsageException(path + " does not exist; it must hold the secret", e);
      } catch (IOException e) {
        throw new UsageException(path + " cannot be read: " + e.getMessage(), e);
      }
    }

    @Override
    public String description() {
      return "file " + path;
    }

    @Override
    public String version() {
      try {
        return Files.getLastModifiedTime(path) + "/" + Files.size(path);
      } catch (IOException e) {
        return "absent"; // being replaced: the next look finds it again
      }
    }
  }

  /** A constant. Not a record: its toString must not show the value. */
  final class Fixed implements SecretSource {
    private final String value;
    private final String description;

    private Fixed(String value, String description) {
      this.value = value;
      this.description = description;
    }

    @Override
    public String read() {
      Redaction.register(value);
      return value;
    }

    @Override
    public String description() {
      return description;
    }

    @Override
    public String version() {
      return "";
    }

    @Override
    public String toString() {
      return description;
    }
  }
}
