package io.batchmount.launcher.job;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Reads the one {@code ...Settings} member of a job. */
final class ToolkitReader {
  private ToolkitReader() {}

  private interface Maker {
    Optional<ToolkitSettings> read(ObjectReader settings);
  }

  static Optional<ToolkitSettings> toolkit(ObjectReader job) {
    List<String> given = new ArrayList<>();
    Optional<ToolkitSettings> found =
        read(job, "customToolkitSettings", ToolkitReader::custom, given);
    found = or(found, read(job, "customMpiSettings", ToolkitReader::mpi, given));
    found = or(found, read(job, "horovodSettings", ToolkitReader::horovod, given));
    found = or(found, read(job, "chainerSettings", ToolkitReader::chainer, given));
    found = or(found, read(job, "cntkSettings", ToolkitReader::cntk, given));
    found = or(found, read(job, "caffeSettings", ToolkitReader::caffe, given));
    found = or(found, read(job, "caffe2Settings", ToolkitReader::caffe2, given));
    found = or(found, read(job, "pyTorchSettings", ToolkitReader::pyTorch, given));
    found = or(found, read(job, "tensorFlowSettings", ToolkitReader::tensorFlow, given));
    if (given.size() > 1) {
      job.fail(
          given.get(1),
          "is the second toolkit of this job, after \"" + given.get(0) + "\": keep exactly one");
    }
    return found;
  }

  private static Optional<ToolkitSettings> or(
      Optional<ToolkitSettings> first, Optional<ToolkitSettings> second) {
    return first.isPresent() ? first : second;
  }

  private static Optional<ToolkitSettings> read(
      ObjectReader job, String member, Maker maker, List<String> given) {
    Optional<ObjectReader> settings = job.object(member);
    if (settings.isEmpty()) {
      return Optional.empty();
    }
    given.add(member);
    Optional<ToolkitSettings> toolkit = maker.read(settings.get());
    settings.get().finish();
    return toolkit;
  }

  private static Optional<ToolkitSettings> custom(ObjectReader reader) {
    String line = reader.requiredText("commandLine");
    return reader.build(() -> new ToolkitSettings.Custom(line));
  }

  private static Optional<ToolkitSettings> mpi(ObjectReader reader) {
    String line = reader.requiredText("commandLine");
    OptionalInt count = reader.integer("processCount");
    return reader.build(() -> new ToolkitSettings.CustomMpi(line, count));
  }

  private static Optional<ToolkitSettings> horovod(ObjectReader reader) {
    Python python = Python.read(reader, true);
    OptionalInt count = reader.integer("processCount");
    return reader.build(() -> new ToolkitSettings.Horovod(python.program(), count));
  }

  private static Optional<ToolkitSettings> chainer(ObjectReader reader) {
    Python python = Python.read(reader, true);
    OptionalInt count = reader.integer("processCount");
    return reader.build(() -> new ToolkitSettings.Chainer(python.program(), count));
  }

  private static Optional<ToolkitSettings> caffe2(ObjectReader reader) {
    Python python = Python.read(reader, true);
    return reader.build(() -> new ToolkitSettings.Caffe2(python.program()));
  }

  private static Optional<ToolkitSettings> pyTorch(ObjectReader reader) {
    Python python = Python.read(reader, true);
    OptionalInt count = reader.integer("processCount");
    Optional<String> backend = reader.text("communicationBackend");
    return reader.build(() -> new ToolkitSettings.PyTorch(python.program(), count, backend));
  }

  private static Optional<ToolkitSettings> cntk(ObjectReader reader) {
    Optional<String> language = reader.oneOf("languageType", "BrainScript", "Python");
    Python python = Python.read(reader, false);
    Optional<String> config = reader.text("configFilePath").filter(s -> !s.isBlank());
    OptionalInt count = reader.integer("processCount");
    boolean brainScript = language.map("BrainScript"::equals).orElse(config.isPresent());
    if (language.isPresent() && brainScript && config.isEmpty()) {
      reader.fail("languageType", "\"BrainScript\" needs \"configFilePath\"");
    } else if (language.isPresent() && !brainScript && python.script().isEmpty()) {
      reader.fail("languageType", "\"Python\" needs \"pythonScriptFilePath\"");
    }
    interpreterOnlyWithScript(reader, python);
    return reader.build(
        () ->
            new ToolkitSettings.Cntk(
                config, config.flatMap(c -> python.args()), python.optional(), count));
  }

  private static Optional<ToolkitSettings> caffe(ObjectReader reader) {
    Python python = Python.read(reader, false);
    Optional<String> config = reader.text("configFilePath").filter(s -> !s.isBlank());
    OptionalInt count = reader.integer("processCount");
    interpreterOnlyWithScript(reader, python);
    return reader.build(
        () ->
            new ToolkitSettings.Caffe(
                config, config.flatMap(c -> python.args()), python.optional(), count));
  }

  private static void interpreterOnlyWithScript(ObjectReader reader, Python python) {
    if (python.script().isEmpty() && python.interpreter().isPresent()) {
      reader.fail("pythonInterpreterPath", "is used only with \"pythonScriptFilePath\": remove it");
    }
  }

  private static Optional<ToolkitSettings> tensorFlow(ObjectReader reader) {
    String script = reader.requiredText("pythonScriptFilePath");
    Optional<String> interpreter = reader.text("pythonInterpreterPath");
    Optional<String> master = reader.text("masterCommandLineArgs");
    Optional<String> worker = reader.text("workerCommandLineArgs");
    Optional<String> server = reader.text("parameterServerCommandLineArgs");
    OptionalInt workers = reader.integer("workerCount");
    OptionalInt servers = reader.integer("parameterServerCount");
    return reader.build(
        () ->
            new ToolkitSettings.TensorFlow(
                new PythonProgram(script, interpreter, master), worker, server, workers, servers));
  }

  private record Python(
      Optional<String> script, Optional<String> interpreter, Optional<String> args) {
    static Python read(ObjectReader reader, boolean required) {
      Optional<String> script =
          required
              ? Optional.of(reader.requiredText("pythonScriptFilePath"))
              : reader.text("pythonScriptFilePath").filter(s -> !s.isBlank());
      return new Python(
          script,
          reader.text("pythonInterpreterPath").filter(s -> !s.isBlank()),
          reader.text("commandLineArgs"));
    }

    PythonProgram program() {
      return new PythonProgram(script.orElse(""), interpreter, args);
    }

    Optional<PythonProgram> optional() {
      return script.map(s -> program());
    }
  }
}
