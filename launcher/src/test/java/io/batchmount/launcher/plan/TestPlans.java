package io.batchmount.launcher.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.batchmount.launcher.job.ConfigurationException;
import io.batchmount.launcher.job.ConfigurationFiles;
import io.batchmount.launcher.job.LoadedCluster;
import io.batchmount.launcher.job.LoadedJob;
import io.batchmount.launcher.job.SecretValue;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Fixed names and roots, so that expected paths can be written out. */
final class TestPlans {
  static final String UUID = "0c3f0000-0000-4000-8000-000000000001";
  static final JobIdentity IDENTITY =
      new JobIdentity("11111111-2222-3333-4444-555555555555", "rg-lab", "ws1", "ex1", "fit", UUID);
  static final String SEG =
      "11111111-2222-3333-4444-555555555555/rg-lab/workspaces/ws1/experiments/ex1/jobs/fit/" + UUID;
  static final DefaultRoots ROOTS =
      new DefaultRoots(Path.of("/cluster/mounts"), Path.of("/local/jobs"));
  static final String CMR = "/cluster/mounts";
  static final String TEMP = "/local/jobs/ws1/ex1/fit/" + UUID;
  static final String JMR = TEMP + "/mounts";
  static final SecretValue KEY = SecretValue.of("a2V5LW9mLWFjY3Rub3J0aA==");
  static final AccountContext ACCOUNTS =
      AccountContext.builder().batchAi(Optional.of("acctnorth"), Optional.of(KEY)).build();
  static final String HEAD =
      "\"nodeCount\": 1, \"stdOutErrPathPrefix\": \"$AZ_BATCHAI_JOB_MOUNT_ROOT/out\"";
  static final String TRUE = "\"customToolkitSettings\": {\"commandLine\": \"true\"}";

  private TestPlans() {}

  static LoadedJob job(String json) {
    return ConfigurationFiles.parseJob("job.json", json.getBytes(StandardCharsets.UTF_8), false);
  }

  static LoadedCluster cluster(String json) {
    return ConfigurationFiles.parseCluster(
        "cluster.json", json.getBytes(StandardCharsets.UTF_8), false);
  }

  static JobPlan plan(String json) {
    return plan(json, request -> request);
  }

  static JobPlan plan(String json, UnaryOperator<JobPlanRequest.Builder> change) {
    return plan(job(json), change);
  }

  static JobPlan plan(LoadedJob job, UnaryOperator<JobPlanRequest.Builder> change) {
    return JobPlanner.plan(
        change
            .apply(
                JobPlanRequest.builder(job, ROOTS)
                    .identity(IDENTITY)
                    .accounts(ACCOUNTS)
                    .currentDirectory(Path.of("/home/user")))
            .build());
  }

  /** A plan of a job with standard members and {@code more}. */
  static JobPlan planWith(String more) {
    return plan("{" + HEAD + ", " + TRUE + more + "}");
  }

  static ConfigurationException refused(String json, UnaryOperator<JobPlanRequest.Builder> change) {
    LoadedJob job = job(json);
    ConfigurationException refused =
        catchThrowableOfType(ConfigurationException.class, () -> plan(job, change));
    assertThat(refused).as(json).isNotNull();
    return refused;
  }

  static ConfigurationException refusedWith(String more) {
    return refused("{" + HEAD + ", " + TRUE + more + "}", r -> r);
  }

  static ClusterPlan clusterPlan(LoadedCluster cluster, AccountContext accounts) {
    return clusterPlan(cluster, accounts, VolumeOptions.NONE);
  }

  static ClusterPlan clusterPlan(
      LoadedCluster cluster, AccountContext accounts, VolumeOptions options) {
    return ClusterPlanner.plan(
        new ClusterPlanRequest(
            cluster,
            new JobIdentity(
                "11111111-2222-3333-4444-555555555555", "rg-lab", "ws1", "x", "nc6", UUID),
            "tvm-1",
            accounts,
            options,
            FileServers.NONE,
            Path.of(CMR),
            Map.of()));
  }

  static String value(JobPlan plan, String name) {
    return plan.environment().plain(name).orElse(null);
  }
}
