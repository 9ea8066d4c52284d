package io.batchmount.launcher.job;

import java.util.Optional;
import java.util.OptionalInt;

/** How a job's processes are started; each kind is one of the {@code ...Settings} of job.json. */
public sealed interface ToolkitSettings {
  /** The member of job.json, such as {@code horovodSettings}. */
  String member();

  /** The reported tool type, such as {@code horovod}. */
  String toolType();

  private static void count(OptionalInt processCount) {
    processCount.ifPresent(n -> Rules.atLeast("processCount", n, 1));
  }

  /** One process on the master node. */
  record Custom(String commandLine) implements ToolkitSettings {
    public Custom {
      Rules.requireText("commandLine", commandLine);
    }

    @Override
    public String member() {
      return "customToolkitSettings";
    }

    @Override
    public String toolType() {
      return "custom";
    }
  }

  /** A command under MPI. */
  record CustomMpi(String commandLine, OptionalInt processCount) implements ToolkitSettings {
    public CustomMpi {
      Rules.requireText("commandLine", commandLine);
      count(processCount);
    }

    @Override
    public String member() {
      return "customMpiSettings";
    }

    @Override
    public String toolType() {
      return "mpi";
    }
  }

  /** A Horovod script under MPI. */
  record Horovod(PythonProgram program, OptionalInt processCount) implements ToolkitSettings {
    public Horovod {
      count(processCount);
    }

    @Override
    public String member() {
      return "horovodSettings";
    }

    @Override
    public String toolType() {
      return "horovod";
    }
  }

  /** A Chainer script under MPI. */
  record Chainer(PythonProgram program, OptionalInt processCount) implements ToolkitSettings {
    public Chainer {
      count(processCount);
    }

    @Override
    public String member() {
      return "chainerSettings";
    }

    @Override
    public String toolType() {
      return "chainer";
    }
  }

  /**
   * A BrainScript configuration or a Python script under MPI; exactly one is given.
   *
   * @param configFilePath the BrainScript configuration
   * @param configArgs arguments behind it
   * @param program the Python script
   */
  record Cntk(
      Optional<String> configFilePath,
      Optional<String> configArgs,
      Optional<PythonProgram> program,
      OptionalInt processCount)
      implements ToolkitSettings {
    public Cntk {
      requireOne("cntkSettings", configFilePath, configArgs, program);
      configArgs = configArgs.filter(s -> !s.isBlank());
      count(processCount);
    }

    @Override
    public String member() {
      return "cntkSettings";
    }

    @Override
    public String toolType() {
      return "cntk";
    }
  }

  /** A Caffe solver or a Python script; exactly one is given. */
  record Caffe(
      Optional<String> configFilePath,
      Optional<String> configArgs,
      Optional<PythonProgram> program,
      OptionalInt processCount)
      implements ToolkitSettings {
    public Caffe {
      requireOne("caffeSettings", configFilePath, configArgs, program);
      configArgs = configArgs.filter(s -> !s.isBlank());
      count(processCount);
    }

    @Override
    public String member() {
      return "caffeSettings";
    }

    @Override
    public String toolType() {
      return "caffe";
    }
  }

  /** A Caffe2 script, one process for each node. */
  record Caffe2(PythonProgram program) implements ToolkitSettings {
    @Override
    public String member() {
      return "caffe2Settings";
    }

    @Override
    public String toolType() {
      return "caffe2";
    }
  }

  /**
   * A PyTorch script, one process for each rank.
   *
   * @param communicationBackend {@code TCP}, {@code Gloo} or {@code MPI} in any case; other words
   *     are handed to the script as they are
   */
  record PyTorch(
      PythonProgram program, OptionalInt processCount, Optional<String> communicationBackend)
      implements ToolkitSettings {
    public PyTorch {
      count(processCount);
      Rules.optionalText("communicationBackend", communicationBackend);
      communicationBackend = communicationBackend.filter(s -> !s.isBlank());
    }

    @Override
    public String member() {
      return "pyTorchSettings";
    }

    @Override
    public String toolType() {
      return "pytorch";
    }
  }

  /**
   * A TensorFlow script, alone or as master, workers and parameter servers.
   *
   * @param program script and interpreter; its arguments are those of the master
   * @param workerArgs arguments of workers from 1 on
   * @param parameterServerArgs arguments of parameter servers
   * @param workerCount workers with the master
   * @param parameterServerCount parameter servers
   */
  record TensorFlow(
      PythonProgram program,
      Optional<String> workerArgs,
      Optional<String> parameterServerArgs,
      OptionalInt workerCount,
      OptionalInt parameterServerCount)
      implements ToolkitSettings {
    public TensorFlow {
      workerArgs = workerArgs.filter(s -> !s.isBlank());
      parameterServerArgs = parameterServerArgs.filter(s -> !s.isBlank());
      workerCount.ifPresent(n -> Rules.atLeast("workerCount", n, 1));
      parameterServerCount.ifPresent(n -> Rules.atLeast("parameterServerCount", n, 0));
    }

    @Override
    public String member() {
      return "tensorFlowSettings";
    }

    @Override
    public String toolType() {
      return "tensorflow";
    }
  }

  private static void requireOne(
      String member,
      Optional<String> configFilePath,
      Optional<String> configArgs,
      Optional<PythonProgram> program) {
    configFilePath.ifPresent(p -> Rules.requireText("configFilePath", p));
    configArgs.ifPresent(a -> Rules.requireNoNul("commandLineArgs", a));
    if (configFilePath.isPresent() == program.isPresent()) {
      throw new ConfigurationException(
          member, "give exactly one of \"configFilePath\" and \"pythonScriptFilePath\"");
    }
  }
}
