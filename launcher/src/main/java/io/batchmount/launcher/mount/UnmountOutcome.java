package io.batchmount.launcher.mount;

import io.batchmount.core.PendingData;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How unmounting ended.
 *
 * @param unsaved mount points with what is left unsaved in the journal
 * @param stuck mount points that could not be unmounted, with the reason
 */
public record UnmountOutcome(Map<Path, PendingData> unsaved, Map<Path, String> stuck) {
  /** All is saved and gone. */
  public static final UnmountOutcome CLEAN = new UnmountOutcome(Map.of(), Map.of());

  public UnmountOutcome {
    unsaved = new LinkedHashMap<>(unsaved);
    stuck = new LinkedHashMap<>(stuck);
  }

  /** All is saved and gone. */
  public boolean isClean() {
    return unsaved.isEmpty() && stuck.isEmpty();
  }

  /** Both together. */
  public UnmountOutcome and(UnmountOutcome other) {
    Map<Path, PendingData> allUnsaved = new LinkedHashMap<>(unsaved);
    allUnsaved.putAll(other.unsaved);
    Map<Path, String> allStuck = new LinkedHashMap<>(stuck);
    allStuck.putAll(other.stuck);
    return new UnmountOutcome(allUnsaved, allStuck);
  }

  /** One sentence for each problem. */
  public List<String> problems() {
    List<String> lines = new ArrayList<>();
    unsaved.forEach(
        (path, pending) -> {
          pending
              .failed()
              .forEach(
                  file ->
                      lines.add(
                          path
                              + file.path()
                              + " is not saved: "
                              + file.reason()
                              + "; its data is in the journal, run batchmount recover"));
          if (pending.failed().isEmpty()) {
            lines.add(
                path
                    + ": "
                    + pending.files()
                    + " files with "
                    + pending.bytes()
                    + " bytes are not saved; they are in the journal, run batchmount recover");
          }
        });
    stuck.forEach((path, reason) -> lines.add(path + " is still mounted: " + reason));
    return lines;
  }
}
