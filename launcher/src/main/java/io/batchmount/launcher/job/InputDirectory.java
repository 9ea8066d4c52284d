package io.batchmount.launcher.job;

/**
 * An entry of {@code inputDirectories}; sets {@code AZ_BATCHAI_INPUT_<id>}. Nothing is created or
 * checked at the path.
 *
 * @param id letters, digits and {@code _}, no digit first
 * @param path a directory or a file; may begin with a root's variable
 */
public record InputDirectory(String id, String path) {
  public InputDirectory {
    Rules.id(id);
    Rules.requireText("path", path);
  }
}
