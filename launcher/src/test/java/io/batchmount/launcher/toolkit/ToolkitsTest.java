package io.batchmount.launcher.toolkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.batchmount.launcher.job.ConfigurationException;
import io.batchmount.launcher.job.PythonProgram;
import io.batchmount.launcher.job.ToolkitSettings;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Chapter 11 of the contract: lines, counts, placement, variables and files of each toolkit. */
class ToolkitsTest {
  private static final PythonProgram SCRIPT =
      new PythonProgram("$IN/fit.py", Optional.of("python3"), Optional.of("--n 1"));
  private static final OptionalInt NONE = OptionalInt.empty();

  private static Toolkits.Nodes nodes(int count) {
    return new Toolkits.Nodes(Collections.nCopies(count, "127.0.0.1"), 0, "/shared");
  }

  private static Toolkits.Nodes hosts(String... hosts) {
    return new Toolkits.Nodes(List.of(hosts), 2, "/shared");
  }

  @Test
  void customIsItsCommandLineOnceOnTheMaster() {
    Launch launch = Toolkits.launch(new ToolkitSettings.Custom("a; b | c \"$X\""), nodes(3));
    assertThat(launch.runner()).isEqualTo(Runner.MASTER);
    assertThat(launch.processCount()).isEqualTo(1);
    assertThat(launch.text()).isEqualTo("a; b | c \"$X\"");
    assertThat(launch.starts()).singleElement().extracting(ToolkitProcess::node).isEqualTo(0);
    assertThat(launch.starts().get(0).stdoutFile()).isEqualTo("stdout.txt");
  }

  @Test
  void mpiIsItsCommandLineInEachRank() {
    Launch launch =
        Toolkits.launch(new ToolkitSettings.CustomMpi("a", OptionalInt.of(5)), nodes(2));
    assertThat(launch.runner()).isEqualTo(Runner.MPI);
    assertThat(launch.processCount()).isEqualTo(5);
    assertThat(launch.text()).isEqualTo("a");
    assertThat(launch.starts())
        .singleElement()
        .extracting(ToolkitProcess::stdoutFile)
        .isEqualTo("stdout.txt");
  }

  @Test
  void processCountDefaultsToNodeCount() {
    assertThat(Toolkits.launch(new ToolkitSettings.CustomMpi("a", NONE), nodes(3)).processCount())
        .isEqualTo(3);
    assertThat(Toolkits.launch(new ToolkitSettings.Horovod(SCRIPT, NONE), nodes(4)).processCount())
        .isEqualTo(4);
    assertThat(
            Toolkits.launch(new ToolkitSettings.PyTorch(SCRIPT, NONE, Optional.of("TCP")), nodes(2))
                .processCount())
        .isEqualTo(2);
  }

  @Test
  void pythonLineIsInterpreterScriptArguments() {
    assertThat(Toolkits.launch(new ToolkitSettings.Horovod(SCRIPT, NONE), nodes(2)).text())
        .isEqualTo("python3 $IN/fit.py --n 1");
    assertThat(
            Toolkits.launch(new ToolkitSettings.Chainer(PythonProgram.of("a.py"), NONE), nodes(2))
                .text())
        .isEqualTo("python a.py");
    assertThat(
            Toolkits.launch(
                    new ToolkitSettings.Caffe2(PythonProgram.of("\"a b.py\" --quoted 'x y'")),
                    nodes(1))
                .text())
        .as("pasted in unquoted")
        .isEqualTo("python \"a b.py\" --quoted 'x y'");
  }

  @Test
  void cntkRunsBrainScriptOrPython() {
    assertThat(
            Toolkits.launch(
                    new ToolkitSettings.Cntk(
                        Optional.of("$C/x.cntk"), Optional.of("rootDir=."), Optional.empty(), NONE),
                    nodes(1))
                .text())
        .isEqualTo("cntk configFile=$C/x.cntk rootDir=.");
    assertThat(
            Toolkits.launch(
                    new ToolkitSettings.Cntk(
                        Optional.empty(), Optional.empty(), Optional.of(SCRIPT), NONE),
                    nodes(2))
                .runner())
        .isEqualTo(Runner.MPI);
  }

  @Test
  void caffeTrainsItsSolver() {
    Launch launch =
        Toolkits.launch(
            new ToolkitSettings.Caffe(
                Optional.of("s.prototxt"), Optional.of("--gpu all"), Optional.empty(), NONE),
            nodes(1));
    assertThat(launch.text()).isEqualTo("caffe train --solver=s.prototxt --gpu all");
    assertThat(launch.runner()).isEqualTo(Runner.SINGLE);
  }

  @Test
  void oneProcessOnOneNodeNeedsNoMpirun() {
    assertThat(Toolkits.launch(new ToolkitSettings.Horovod(SCRIPT, NONE), nodes(1)).runner())
        .isEqualTo(Runner.SINGLE);
    assertThat(
            Toolkits.launch(new ToolkitSettings.Horovod(SCRIPT, OptionalInt.of(2)), nodes(1))
                .runner())
        .isEqualTo(Runner.MPI);
  }

  @Test
  void caffe2RunsOnceOnEachNode() {
    Launch launch = Toolkits.launch(new ToolkitSettings.Caffe2(SCRIPT), nodes(2));
    assertThat(launch.runner()).isEqualTo(Runner.PER_NODE);
    assertThat(launch.starts())
        .extracting(
            ToolkitProcess::node,
            p -> p.variables().get("AZ_BATCHAI_TASK_INDEX"),
            ToolkitProcess::stdoutFile,
            ToolkitProcess::stderrFile)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(0, "0", "stdout-0.txt", "stderr-0.txt"),
            org.assertj.core.groups.Tuple.tuple(1, "1", "stdout-1.txt", "stderr-1.txt"));
  }

  @Test
  void pyTorchRunsOnceForEachRank() {
    Launch launch =
        Toolkits.launch(
            new ToolkitSettings.PyTorch(SCRIPT, OptionalInt.of(3), Optional.of("gloo")),
            hosts("a", "b"));
    assertThat(launch.runner()).isEqualTo(Runner.PER_RANK);
    assertThat(launch.variables())
        .containsEntry("AZ_BATCHAI_PYTORCH_BACKEND", "gloo")
        .containsEntry("AZ_BATCHAI_PYTORCH_INIT_METHOD", "file:///shared/pytorch-init");
    assertThat(launch.starts())
        .extracting(
            ToolkitProcess::node,
            p -> p.variables().get("AZ_BATCHAI_TASK_INDEX"),
            ToolkitProcess::stdoutFile)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(0, "0", "stdout-0.txt"),
            org.assertj.core.groups.Tuple.tuple(1, "1", "stdout-1.txt"),
            org.assertj.core.groups.Tuple.tuple(0, "2", "stdout-2.txt"));
    assertThat(launch.warnings()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"MPI", "mpi"})
  void pyTorchOverMpiRunsAsTheMpiToolkits(String backend) {
    Launch launch =
        Toolkits.launch(new ToolkitSettings.PyTorch(SCRIPT, NONE, Optional.of(backend)), nodes(2));
    assertThat(launch.runner()).isEqualTo(Runner.MPI);
    assertThat(launch.rankVariable()).isTrue();
    assertThat(launch.starts())
        .singleElement()
        .extracting(ToolkitProcess::stdoutFile)
        .isEqualTo("stdout.txt");
  }

  @Test
  void pyTorchBackendThatIsMissingOrUnknownWarns() {
    assertThat(
            Toolkits.launch(new ToolkitSettings.PyTorch(SCRIPT, NONE, Optional.empty()), nodes(2))
                .warnings())
        .hasSize(1);
    assertThat(
            Toolkits.launch(
                    new ToolkitSettings.PyTorch(SCRIPT, NONE, Optional.of("nccl")), nodes(2))
                .warnings())
        .hasSize(1);
    assertThat(
            Toolkits.launch(new ToolkitSettings.PyTorch(SCRIPT, NONE, Optional.empty()), nodes(1))
                .warnings())
        .isEmpty();
  }

  private static ToolkitSettings.TensorFlow tensorFlow(OptionalInt workers, OptionalInt servers) {
    return new ToolkitSettings.TensorFlow(
        PythonProgram.of("t.py", "--master"),
        Optional.of("--worker"),
        Optional.of("--ps"),
        workers,
        servers);
  }

  @Test
  void tensorFlowOnOneNodeIsOneProcessWithTheMastersArguments() {
    Launch launch = Toolkits.launch(tensorFlow(NONE, NONE), nodes(1));
    assertThat(launch.runner()).isEqualTo(Runner.SINGLE);
    assertThat(launch.processCount()).isEqualTo(1);
    assertThat(launch.text()).isEqualTo("python t.py --master");
    assertThat(launch.starts().get(0).stdoutFile()).isEqualTo("stdout-wk-0.txt");
    assertThat(launch.starts().get(0).stderrFile()).isEqualTo("stderr-wk-0.txt");
  }

  @Test
  void tensorFlowDistributedHasWorkersOfNodeCountAndOneServer() {
    Launch launch = Toolkits.launch(tensorFlow(NONE, NONE), hosts("10.0.0.4", "10.0.0.5"));
    assertThat(launch.runner()).isEqualTo(Runner.ROLES);
    assertThat(launch.processCount()).isEqualTo(3);
    assertThat(launch.variables())
        .containsEntry("AZ_BATCHAI_PS_HOSTS", "10.0.0.4:2222")
        .containsEntry("AZ_BATCHAI_WORKER_HOSTS", "10.0.0.4:2223,10.0.0.5:2222");
    assertThat(launch.starts())
        .extracting(
            ToolkitProcess::role,
            ToolkitProcess::index,
            ToolkitProcess::node,
            ToolkitProcess::text,
            ToolkitProcess::stdoutFile,
            ToolkitProcess::counts)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(
                "master", 0, 0, "python t.py --master", "stdout-wk-0.txt", true),
            org.assertj.core.groups.Tuple.tuple(
                "worker", 1, 1, "python t.py --worker", "stdout-wk-1.txt", true),
            org.assertj.core.groups.Tuple.tuple(
                "ps", 0, 0, "python t.py --ps", "stdout-ps-0.txt", false));
    assertThat(launch.starts().get(1).variables())
        .containsEntry("AZ_BATCHAI_TASK_INDEX", "1")
        .containsEntry(
            "TF_CONFIG",
            "{\"cluster\":{\"ps\":[\"10.0.0.4:2222\"],\"worker\":[\"10.0.0.4:2223\","
                + "\"10.0.0.5:2222\"]},\"task\":{\"type\":\"worker\",\"index\":1},"
                + "\"environment\":\"cloud\"}");
  }

  @Test
  void tensorFlowPlacesProcessesRoundTheNodes() {
    Launch launch =
        Toolkits.launch(tensorFlow(OptionalInt.of(4), OptionalInt.of(2)), hosts("a", "b"));
    assertThat(launch.starts()).extracting(ToolkitProcess::node).containsExactly(0, 1, 0, 1, 0, 1);
    assertThat(launch.variables())
        .containsEntry("AZ_BATCHAI_PS_HOSTS", "a:2222,b:2222")
        .containsEntry("AZ_BATCHAI_WORKER_HOSTS", "a:2223,b:2223,a:2224,b:2224");
    assertThat(launch.warnings()).as("two GPUs on each node").isEmpty();
  }

  @Test
  void moreWorkersThanGpusWarnAndMoreServersThanNodesAreRefused() {
    assertThat(Toolkits.launch(tensorFlow(OptionalInt.of(3), NONE), nodes(2)).warnings())
        .singleElement()
        .asString()
        .startsWith("tensorFlowSettings.workerCount: 3 workers share 2 node(s)");
    assertThatThrownBy(() -> Toolkits.launch(tensorFlow(NONE, OptionalInt.of(3)), nodes(2)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("parameterServerCount");
  }

  @Test
  void hostFileHasHostProcessesAndMaximum() {
    assertThat(HostFile.lines(List.of("a", "b"), 5))
        .containsExactly("a slots=3 max_slots=3", "b slots=2 max_slots=2");
    assertThat(HostFile.lines(List.of("127.0.0.1", "127.0.0.1"), 2))
        .as("Open MPI refuses a host whose slots are given twice")
        .containsExactly("127.0.0.1 slots=2 max_slots=2");
  }

  @Test
  void mpirunPassesVariablesByName() {
    Launch launch = Toolkits.launch(new ToolkitSettings.CustomMpi("a \"b\"", NONE), nodes(2));
    assertThat(Mpirun.arguments(launch, "/t/hostfile", List.of("A", "SECRET"), false))
        .containsExactly(
            "mpirun",
            "--allow-run-as-root",
            "-np",
            "2",
            "--hostfile",
            "/t/hostfile",
            "--oversubscribe",
            "--bind-to",
            "none",
            "-x",
            "A",
            "-x",
            "SECRET",
            "bash",
            "-c",
            "a \"b\"");
    assertThat(Mpirun.arguments(launch, "/t/hostfile", List.of(), true))
        .containsSequence("-mca", "btl_tcp_if_exclude", "docker0,lo");
  }

  @Test
  void ranksOfPyTorchOverMpiGetTheirIndex() {
    Launch launch =
        Toolkits.launch(new ToolkitSettings.PyTorch(SCRIPT, NONE, Optional.of("MPI")), nodes(2));
    assertThat(Mpirun.arguments(launch, "/h", List.of(), false))
        .last()
        .asString()
        .isEqualTo(
            "export AZ_BATCHAI_TASK_INDEX=\"${OMPI_COMM_WORLD_RANK:-0}\"\npython3 $IN/fit.py --n 1");
  }
}
