package io.batchmount.launcher.cli;

import io.batchmount.launcher.cli.outputs.OutputsCommand;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/** The commands by name; each is made only when it is meant. */
final class Commands {
  private static final Map<String, Supplier<Object>> ALL = make();

  private Commands() {}

  static Map<String, Supplier<Object>> all() {
    return ALL;
  }

  private static Map<String, Supplier<Object>> make() {
    Map<String, Supplier<Object>> all = new LinkedHashMap<>();
    all.put("mount", MountCommand::new);
    all.put("unmount", UnmountCommand::new);
    all.put("status", StatusCommand::new);
    all.put("recover", RecoverCommand::new);
    all.put("run", RunCommand::new);
    all.put("job", JobCommand::new);
    all.put("outputs", OutputsCommand::new);
    all.put("storage", StorageCommand::new);
    all.put("check", CheckCommand::new);
    all.put("doctor", DoctorCommand::new);
    all.put("emulator", EmulatorCommand::new);
    all.put("completion", CompletionCommand::new);
    return Collections.unmodifiableMap(all);
  }
}
