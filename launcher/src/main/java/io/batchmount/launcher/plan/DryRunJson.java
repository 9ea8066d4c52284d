package io.batchmount.launcher.plan;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.batchmount.launcher.job.MountCommandText;
import io.batchmount.launcher.toolkit.Runner;
import java.util.Collection;
import java.util.List;

/** Plans in the shape that {@code --dry-run --json} prints. Outside programs read it. */
final class DryRunJson {
  private DryRunJson() {}

  static ObjectNode job(JobPlan plan) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("jobOutputDirectoryPathSegment", plan.segment());
    json.set("jobMounts", mounts(plan.jobMounts()));
    if (!plan.clusterMounts().isEmpty()) {
      json.set("clusterMounts", mounts(plan.clusterMounts()));
    }
    json.set("clusterVolumesUsed", strings(plan.clusterVolumesUsed()));
    json.set("environment", plan.environment().toJson());
    json.set(
        "createdBeforePreparation",
        strings(plan.createdBeforePreparation().stream().map(Object::toString).toList()));
    plan.preparation()
        .ifPresentOrElse(
            command -> json.set("preparation", command(command)),
            () -> json.putNull("preparation"));
    json.set("launch", launch(plan.launch()));
    json.set("stdouterrFiles", strings(plan.stdouterrFiles()));
    json.put("container", plan.container().map(ContainerPlan::image).orElse(null));
    json.put("workingDirectory", plan.launch().processes().get(0).workingDirectory().toString());
    json.put("maxWallClockTime", plan.timeLimit().toString());
    json.set("hostFile", strings(plan.hostFile()));
    json.set("warnings", strings(plan.warnings()));
    return json;
  }

  static ObjectNode cluster(ClusterPlan plan) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("mountRoot", plan.mountRoot().toString());
    json.set("clusterMounts", mounts(plan.clusterMounts()));
    json.set("environment", plan.environment().toJson());
    json.set(
        "createdBeforePreparation",
        strings(plan.setupTask().stream().map(t -> t.directory().toString()).toList()));
    if (plan.setupTask().isPresent()) {
      SetupTaskPlan task = plan.setupTask().get();
      ObjectNode node = command(task.command());
      node.set("environment", task.environment().toJson());
      node.put("stdOutErrDirectory", task.directory().toString());
      node.put("stdOutErrPathSuffix", task.pathSuffix());
      node.set("files", strings(task.files()));
      json.set("setupTask", node);
    } else {
      json.putNull("setupTask");
    }
    json.set("warnings", strings(plan.warnings()));
    return json;
  }

  private static ObjectNode command(CommandText command) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("text", command.text());
    json.put("expanded", command.expanded());
    return json;
  }

  private static ObjectNode launch(LaunchPlan launch) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("runner", launch.runner().word());
    json.put("processes", launch.processCount());
    json.put("text", launch.command().text());
    json.put("expanded", launch.command().expanded());
    if (launch.runner() == Runner.ROLES) {
      ArrayNode roles = json.putArray("roles");
      for (ProcessPlan process : launch.processes()) {
        ObjectNode role = roles.addObject();
        role.put("role", process.role());
        role.put("index", process.index());
        role.put("node", process.node());
        role.put("text", process.command().text());
        role.put("expanded", process.command().expanded());
      }
    }
    return json;
  }

  private static ArrayNode mounts(List<PlannedMount> mounts) {
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    for (PlannedMount mount : mounts) {
      ObjectNode json = array.addObject();
      json.put("kind", mount.kind());
      if (mount instanceof PlannedMount.FileShare share) {
        json.put("accountName", share.accountName());
        json.put("url", share.url());
        json.put("share", share.share());
        if (!share.directory().isEmpty()) {
          json.put("directory", share.directory());
        }
        json.put("path", share.path().toString());
        json.put("fileMode", share.fileMode());
        json.put("directoryMode", share.directoryMode());
      } else if (mount instanceof PlannedMount.BlobContainer container) {
        json.put("accountName", container.accountName());
        json.put("container", container.container());
        json.put("path", container.path().toString());
        json.put("mountOptions", container.mountOptions());
      } else if (mount instanceof PlannedMount.FileServer server) {
        json.put("fileServer", server.fileServerId());
        json.put("sourceDirectory", server.sourceDirectory());
        json.put("source", server.source().orElse(null));
        json.put("path", server.path().toString());
        json.put("mountOptions", server.mountOptions());
      } else if (mount instanceof PlannedMount.Unmanaged unmanaged) {
        json.put("mountCommand", MountCommandText.blank(unmanaged.mountCommand()));
        json.put("path", unmanaged.path().toString());
      }
    }
    return array;
  }

  private static ArrayNode strings(Collection<String> values) {
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    values.forEach(array::add);
    return array;
  }
}
