package io.batchmount.launcher.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.batchmount.launcher.job.ConfigurationException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** On which machines a job runs. */
class NodeDetectionTest {
  private static NodeDetection detect(int nodeCount, Map<String, String> environment) {
    return NodeDetection.detect(
        nodeCount, List.of(), OptionalInt.empty(), Optional.empty(), environment);
  }

  @Test
  void withoutHostsAndEngineAllNodesAreLocal() {
    assertThat(detect(3, Map.of()).nodes()).isEqualTo(NodeSelection.LOCAL);
  }

  @Test
  void givenHostsNeedIndexAndJobId() {
    assertThatThrownBy(
            () ->
                NodeDetection.detect(
                    2, List.of("a", "b"), OptionalInt.empty(), Optional.of("u"), Map.of()))
        .hasMessageContaining("\"node-index\": is required with --hosts");
    assertThatThrownBy(
            () ->
                NodeDetection.detect(
                    2, List.of("a", "b"), OptionalInt.of(0), Optional.empty(), Map.of()))
        .hasMessageContaining("\"job-id\": is required with --hosts");
    assertThatThrownBy(
            () ->
                NodeDetection.detect(
                    2, List.of("a", "b"), OptionalInt.of(2), Optional.of("u"), Map.of()))
        .hasMessageContaining("must be from 0 to 1");
    assertThatThrownBy(
            () -> NodeDetection.detect(2, List.of(), OptionalInt.of(1), Optional.of("u"), Map.of()))
        .hasMessageContaining("\"hosts\": is required with --node-index");
    NodeDetection good =
        NodeDetection.detect(2, List.of("a", "b"), OptionalInt.of(1), Optional.of("u"), Map.of());
    assertThat(good.nodes()).isEqualTo(new NodeSelection(List.of("a", "b"), OptionalInt.of(1)));
    assertThat(good.jobId()).contains("u");
  }

  @Test
  void slurmGivesHostsIndexAndACommonJobId() {
    Map<String, String> first =
        Map.of(
            "SLURM_NODEID", "0",
            "SLURM_JOB_NODELIST", "node[01-02]",
            "SLURM_JOB_ID", "42");
    Map<String, String> second =
        Map.of(
            "SLURM_NODEID", "1",
            "SLURM_JOB_NODELIST", "node[01-02]",
            "SLURM_JOB_ID", "42");
    NodeDetection zero = detect(2, first);
    NodeDetection one = detect(2, second);
    assertThat(zero.engine()).contains("Slurm");
    assertThat(zero.nodes())
        .isEqualTo(new NodeSelection(List.of("node01", "node02"), OptionalInt.of(0)));
    assertThat(one.nodes().nodeIndex()).isEqualTo(OptionalInt.of(1));
    assertThat(zero.jobId()).isPresent().isEqualTo(one.jobId());
    java.util.HashMap<String, String> nextStep = new java.util.HashMap<>(first);
    nextStep.put("SLURM_STEP_ID", "1");
    assertThat(detect(2, nextStep).jobId()).isNotEqualTo(zero.jobId());
  }

  @Test
  void jobThatSlurmStartsAgainKnowsTheAttemptBefore() {
    java.util.HashMap<String, String> environment =
        new java.util.HashMap<>(
            Map.of("SLURM_NODEID", "0", "SLURM_JOB_NODELIST", "node[01-02]", "SLURM_JOB_ID", "42"));
    NodeDetection first = detect(2, environment);
    assertThat(first.previousJobId()).isEmpty();
    environment.put("SLURM_RESTART_COUNT", "1");
    NodeDetection second = detect(2, environment);
    assertThat(second.jobId()).isNotEqualTo(first.jobId());
    assertThat(second.previousJobId()).isEqualTo(first.jobId());
    environment.put("SLURM_RESTART_COUNT", "2");
    assertThat(detect(2, environment).previousJobId()).isEqualTo(second.jobId());
  }

  @Test
  void whatIsGivenWinsOverTheEngine() {
    NodeDetection detection =
        NodeDetection.detect(
            2,
            List.of("x", "y"),
            OptionalInt.empty(),
            Optional.of("given"),
            Map.of("SLURM_NODEID", "1", "SLURM_JOB_NODELIST", "n[1-2]", "SLURM_JOB_ID", "7"));
    assertThat(detection.nodes())
        .isEqualTo(new NodeSelection(List.of("x", "y"), OptionalInt.of(1)));
    assertThat(detection.jobId()).contains("given");
  }

  @Test
  void severalSlurmTasksOnANodeAreRefused() {
    assertThatThrownBy(
            () ->
                detect(
                    2,
                    Map.of(
                        "SLURM_NODEID", "0",
                        "SLURM_LOCALID", "1",
                        "SLURM_JOB_NODELIST", "n[1-2]",
                        "SLURM_JOB_ID", "7")))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("--ntasks-per-node=1");
  }

  @Test
  void jobOfOneNodeTakesNothingFromAnEngine() {
    assertThat(
            detect(
                1,
                Map.of("SLURM_NODEID", "0", "SLURM_JOB_NODELIST", "n[1-4]", "SLURM_JOB_ID", "7")))
        .isEqualTo(
            new NodeDetection(
                NodeSelection.LOCAL, Optional.empty(), Optional.empty(), Optional.empty()));
  }

  @Test
  void allocationOfOneMachineRunsLocalNodes() {
    assertThat(
            detect(2, Map.of("SLURM_NODEID", "0", "SLURM_JOB_NODELIST", "n1", "SLURM_JOB_ID", "7"))
                .nodes())
        .isEqualTo(NodeSelection.LOCAL);
  }

  @Test
  void openMpiRanksOfOneMachineAreItsNodes() {
    Map<String, String> environment =
        Map.of(
            "OMPI_COMM_WORLD_RANK", "1",
            "OMPI_COMM_WORLD_SIZE", "2",
            "OMPI_COMM_WORLD_LOCAL_SIZE", "2",
            "PMIX_NAMESPACE", "123456.1");
    NodeDetection detection = detect(2, environment);
    assertThat(detection.engine()).contains("Open MPI");
    assertThat(detection.nodes())
        .isEqualTo(new NodeSelection(List.of("127.0.0.1", "127.0.0.1"), OptionalInt.of(1)));
    assertThat(detection.jobId()).isPresent();
  }

  @Test
  void openMpiOnSeveralMachinesTakesSlurmsHostsOrAsksForThem() {
    Map<String, String> environment =
        new java.util.HashMap<>(
            Map.of(
                "OMPI_COMM_WORLD_RANK", "1",
                "OMPI_COMM_WORLD_SIZE", "2",
                "OMPI_COMM_WORLD_LOCAL_SIZE", "1",
                "PMIX_NAMESPACE", "9"));
    assertThatThrownBy(() -> detect(2, environment))
        .hasMessageContaining("\"hosts\": is required: Open MPI started this launcher");
    environment.put("SLURM_NODEID", "1");
    environment.put("SLURM_JOB_NODELIST", "n[1-2]");
    assertThat(detect(2, environment).nodes().hosts()).containsExactly("n1", "n2");
  }

  @Test
  void kubernetesIndexedJob() {
    NodeDetection detection =
        detect(3, Map.of("JOB_COMPLETION_INDEX", "2", "HOSTNAME", "fit-net-2"));
    assertThat(detection.engine()).contains("Kubernetes");
    assertThat(detection.nodes())
        .isEqualTo(
            new NodeSelection(List.of("fit-net-0", "fit-net-1", "fit-net-2"), OptionalInt.of(2)));
    assertThat(detection.jobId())
        .isEqualTo(detect(3, Map.of("JOB_COMPLETION_INDEX", "0", "HOSTNAME", "fit-net-0")).jobId());
    assertThatThrownBy(() -> detect(3, Map.of("JOB_COMPLETION_INDEX", "2", "HOSTNAME", "pod")))
        .hasMessageContaining("\"hosts\": is required: Kubernetes");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "n1|n1",
        "n1,n2|n1 n2",
        "node[01-03,07],login|node01 node02 node03 node07 login",
        "rack[1-2]n[1-2]|rack1n1 rack1n2 rack2n1 rack2n2",
        "a[9-11]-ib|a9-ib a10-ib a11-ib",
        "x[3,1]|x3 x1",
        "n[098-101]|n098 n099 n100 n101"
      })
  void slurmsShortForm(String text, String hosts) {
    assertThat(HostListExpression.expand(text)).containsExactly(hosts.split(" "));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"n[", "n]", "n[1", "n[a-b]", "n[3-1]", "n[]", "n[1-99999999]", "n[[1]]", "n[1-]"})
  void malformedShortFormIsRefused(String text) {
    assertThatThrownBy(() -> HostListExpression.expand(text))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("is not a list of hosts");
  }

  @Test
  void nodeCountAndHostsMustAgree() {
    assertThat(
            TestPlans.refused(
                "{" + TestPlans.HEAD + ", " + TestPlans.TRUE + "}",
                r -> r.nodes(new NodeSelection(List.of("a", "b"), OptionalInt.of(0)))))
        .hasMessageContaining("\"nodeCount\": is 1, but 2 host(s) are given");
  }

  private static JobPlan plan(NodeSelection nodes, String toolkit) {
    return TestPlans.plan(
        "{\"nodeCount\": 2, \"stdOutErrPathPrefix\": \"/logs\", \"jobPreparation\":"
            + " {\"commandLine\": \"true\"}, "
            + toolkit
            + "}",
        r -> r.nodes(nodes));
  }

  @Test
  void eachMachineRunsItsOwnNode() {
    NodeSelection second = new NodeSelection(List.of("alpha", "beta"), OptionalInt.of(1));
    JobPlan plan = plan(second, "\"caffe2Settings\": {\"pythonScriptFilePath\": \"a.py\"}");
    assertThat(plan.nodesHere()).extracting(NodePlan::id).containsExactly("beta");
    assertThat(plan.processesHere())
        .extracting(ProcessPlan::stdoutFile)
        .containsExactly("stdout-1.txt");
    assertThat(plan.environment().plain("AZ_BATCH_HOST_LIST")).contains("alpha,beta");
    assertThat(plan.stdouterrFiles())
        .containsExactly(
            "stdout-0.txt",
            "stderr-0.txt",
            "stdout-1.txt",
            "stderr-1.txt",
            "stdout-job_prep-alpha.txt",
            "stderr-job_prep-alpha.txt",
            "stdout-job_prep-beta.txt",
            "stderr-job_prep-beta.txt",
            "execution-alpha.log",
            "execution-beta.log");
    assertThat(plan.sharedTempOnVolume())
        .contains(java.nio.file.Path.of("/logs/" + TestPlans.SEG + "/.batchmount/shared"));
    assertThat(plan(second, "\"customToolkitSettings\": {\"commandLine\": \"a\"}").processesHere())
        .as("custom runs on the master only")
        .isEmpty();
  }

  @Test
  void launchersThatShareAMachineGetDirectoriesOfTheirOwn() {
    String toolkit = "\"customToolkitSettings\": {\"commandLine\": \"a\"}";
    List<String> hosts = List.of("127.0.0.1", "127.0.0.1");
    JobPlan first = plan(new NodeSelection(hosts, OptionalInt.of(0)), toolkit);
    JobPlan second = plan(new NodeSelection(hosts, OptionalInt.of(1)), toolkit);
    assertThat(first.roots().jobMountRoot()).isNotEqualTo(second.roots().jobMountRoot());
    assertThat(first.stdOutErrDirectory()).isEqualTo(second.stdOutErrDirectory());
    assertThat(first.nodes()).extracting(NodePlan::id).containsExactly("node-0", "node-1");
  }

  @Test
  void localNodesShareMountsAndTheSharedDirectoryButNotTheRest() {
    JobPlan plan =
        plan(NodeSelection.LOCAL, "\"caffe2Settings\": {\"pythonScriptFilePath\": \"a.py\"}");
    assertThat(plan.nodesHere()).hasSize(2);
    NodePlan zero = plan.nodes().get(0);
    NodePlan one = plan.nodes().get(1);
    assertThat(zero.workingDirectory()).isNotEqualTo(one.workingDirectory());
    assertThat(zero.environment().plain("AZ_BATCHAI_SHARED_JOB_TEMP"))
        .isEqualTo(one.environment().plain("AZ_BATCHAI_SHARED_JOB_TEMP"));
    assertThat(zero.environment().plain("AZ_BATCHAI_JOB_MOUNT_ROOT"))
        .isEqualTo(one.environment().plain("AZ_BATCHAI_JOB_MOUNT_ROOT"));
    assertThat(one.environment().plain("AZ_BATCHAI_JOB_TEMP"))
        .contains(one.jobTemp().toString())
        .isNotEqualTo(zero.environment().plain("AZ_BATCHAI_JOB_TEMP"));
    assertThat(plan.environment().plain("AZ_BATCH_HOST_LIST")).contains("127.0.0.1,127.0.0.1");
    assertThat(plan.sharedTempOnVolume()).isEmpty();
  }
}
