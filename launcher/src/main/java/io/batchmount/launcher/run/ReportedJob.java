package io.batchmount.launcher.run;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.batchmount.launcher.job.JobDefinition;
import io.batchmount.launcher.job.PythonProgram;
import io.batchmount.launcher.job.ToolkitSettings;
import io.batchmount.launcher.plan.JobPlan;
import io.batchmount.launcher.plan.PlannedMount;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * The job as it is reported: as sent, completed, paths unexpanded; of credentials and secrets only
 * that they are there.
 */
final class ReportedJob {
  private ReportedJob() {}

  static ObjectNode of(JobDefinition job, JobPlan plan) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("nodeCount", job.nodeCount());
    node.put("stdOutErrPathPrefix", job.stdOutErrPathPrefix());
    job.clusterId().ifPresent(id -> node.putObject("cluster").put("id", id));
    node.put("schedulingPriority", job.schedulingPriority().name().toLowerCase(Locale.ROOT));
    node.putObject("constraints").put("maxWallClockTime", job.maxWallClockTime().toString());
    volumes(node.putObject("mountVolumes"), plan.jobMounts());
    ArrayNode inputs = node.putArray("inputDirectories");
    job.inputDirectories().forEach(i -> inputs.addObject().put("id", i.id()).put("path", i.path()));
    ArrayNode outputs = node.putArray("outputDirectories");
    job.outputDirectories()
        .forEach(
            o -> {
              ObjectNode output = outputs.addObject();
              output.put("id", o.id()).put("pathPrefix", o.pathPrefix());
              output.put("pathSuffix", o.pathSuffix().orElse(null));
            });
    ArrayNode variables = node.putArray("environmentVariables");
    job.environmentVariables()
        .forEach(v -> variables.addObject().put("name", v.name()).put("value", v.value()));
    ArrayNode secrets = node.putArray("secrets");
    job.secrets().forEach(s -> secrets.addObject().put("name", s.name()).putNull("value"));
    job.jobPreparation()
        .ifPresent(text -> node.putObject("jobPreparation").put("commandLine", text));
    job.containerSettings()
        .ifPresent(
            settings -> {
              ObjectNode container = node.putObject("containerSettings");
              ObjectNode registry = container.putObject("imageSourceRegistry");
              registry.put("image", settings.image());
              settings.serverUrl().ifPresent(url -> registry.put("serverUrl", url));
              settings.shmSize().ifPresent(size -> container.put("shmSize", size));
            });
    node.put("toolType", job.toolkit().map(ToolkitSettings::toolType).orElse("custom"));
    job.toolkit().ifPresent(toolkit -> toolkit(node.putObject(toolkit.member()), toolkit, plan));
    return node;
  }

  private static void volumes(ObjectNode target, List<PlannedMount> mounts) {
    for (PlannedMount mount : mounts) {
      if (mount instanceof PlannedMount.FileShare share) {
        ObjectNode entry = target.withArray("azureFileShares").addObject();
        entry.put("accountName", share.accountName());
        entry.put("azureFileUrl", share.url());
        entry.put("relativeMountPath", share.relativeMountPath());
        entry.put("fileMode", share.fileMode()).put("directoryMode", share.directoryMode());
        noCredentials(entry);
      } else if (mount instanceof PlannedMount.BlobContainer container) {
        ObjectNode entry = target.withArray("azureBlobFileSystems").addObject();
        entry.put("accountName", container.accountName());
        entry.put("containerName", container.container());
        entry.put("relativeMountPath", container.relativeMountPath());
        entry.put("mountOptions", container.mountOptions());
        noCredentials(entry);
      } else if (mount instanceof PlannedMount.FileServer server) {
        ObjectNode entry = target.withArray("fileServers").addObject();
        entry.putObject("fileServer").put("id", server.fileServerId());
        entry.put("relativeMountPath", server.relativeMountPath());
        entry.put("sourceDirectory", server.sourceDirectory());
        entry.put("mountOptions", server.mountOptions());
      } else {
        // the command may hold a password: its place is enough
        target
            .withArray("unmanagedFileSystems")
            .addObject()
            .put("relativeMountPath", mount.relativeMountPath());
      }
    }
  }

  private static void noCredentials(ObjectNode entry) {
    entry.putObject("credentials").putNull("accountKey").putNull("accountKeySecretReference");
  }

  private static void toolkit(ObjectNode target, ToolkitSettings toolkit, JobPlan plan) {
    if (toolkit instanceof ToolkitSettings.Custom custom) {
      target.put("commandLine", custom.commandLine());
    } else if (toolkit instanceof ToolkitSettings.CustomMpi mpi) {
      target.put("commandLine", mpi.commandLine());
      count(target, mpi.processCount(), plan);
    } else if (toolkit instanceof ToolkitSettings.Horovod horovod) {
      program(target, horovod.program());
      count(target, horovod.processCount(), plan);
    } else if (toolkit instanceof ToolkitSettings.Chainer chainer) {
      program(target, chainer.program());
      count(target, chainer.processCount(), plan);
    } else if (toolkit instanceof ToolkitSettings.Cntk cntk) {
      cntk.configFilePath().ifPresent(p -> target.put("configFilePath", p));
      target.put("languageType", cntk.program().isPresent() ? "Python" : "BrainScript");
      cntk.program().ifPresent(p -> program(target, p));
      count(target, cntk.processCount(), plan);
    } else if (toolkit instanceof ToolkitSettings.Caffe caffe) {
      caffe.configFilePath().ifPresent(p -> target.put("configFilePath", p));
      caffe.program().ifPresent(p -> program(target, p));
      count(target, caffe.processCount(), plan);
    } else if (toolkit instanceof ToolkitSettings.Caffe2 caffe2) {
      program(target, caffe2.program());
    } else if (toolkit instanceof ToolkitSettings.PyTorch torch) {
      program(target, torch.program());
      torch.communicationBackend().ifPresent(b -> target.put("communicationBackend", b));
      count(target, torch.processCount(), plan);
    } else if (toolkit instanceof ToolkitSettings.TensorFlow tensorFlow) {
      program(target, tensorFlow.program());
      tensorFlow.workerCount().ifPresent(n -> target.put("workerCount", n));
      tensorFlow.parameterServerCount().ifPresent(n -> target.put("parameterServerCount", n));
      tensorFlow.workerArgs().ifPresent(a -> target.put("workerCommandLineArgs", a));
      tensorFlow
          .parameterServerArgs()
          .ifPresent(a -> target.put("parameterServerCommandLineArgs", a));
    }
  }

  private static void count(ObjectNode target, OptionalInt count, JobPlan plan) {
    target.put("processCount", count.orElse(plan.launch().processCount()));
  }

  private static void program(ObjectNode target, PythonProgram program) {
    target.put("pythonScriptFilePath", program.scriptFilePath());
    program.interpreterPath().ifPresent(p -> target.put("pythonInterpreterPath", p));
    program.commandLineArgs().ifPresent(a -> target.put("commandLineArgs", a));
  }
}
