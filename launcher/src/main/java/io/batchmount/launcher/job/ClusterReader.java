package io.batchmount.launcher.job;

import java.util.Optional;
import java.util.OptionalInt;

/** Reads the properties of a cluster. */
final class ClusterReader {
  private ClusterReader() {}

  static Optional<ClusterDefinition> read(ObjectReader cluster, ReadContext context) {
    ClusterDefinition.Builder builder = ClusterDefinition.builder();
    Optional<ObjectReader> nodeSetup = cluster.object("nodeSetup");
    if (cluster.has("mountVolumes") && nodeSetup.filter(n -> n.has("mountVolumes")).isPresent()) {
      cluster.fail(
          "mountVolumes",
          "stands beside \"nodeSetup.mountVolumes\": keep one of the two and move its volumes there");
    }
    cluster.object("mountVolumes").flatMap(VolumesReader::volumes).ifPresent(builder::mountVolumes);
    nodeSetup.ifPresent(setup -> nodeSetup(setup, builder, context));
    Optional<ClusterDefinition.Machine> machine = machine(cluster);
    machine.ifPresent(builder::machine);
    cluster.ignore("location");
    cluster.finish();
    return cluster.build(builder::build);
  }

  private static void nodeSetup(
      ObjectReader setup, ClusterDefinition.Builder builder, ReadContext context) {
    setup.object("mountVolumes").flatMap(VolumesReader::volumes).ifPresent(builder::mountVolumes);
    setup.object("setupTask").flatMap(ClusterReader::task).ifPresent(builder::setupTask);
    setup
        .object("performanceCountersSettings")
        .ifPresent(
            counters -> {
              counters.object("appInsightsReference").ifPresent(ClusterReader::insights);
              counters.finish();
              context.warnings.add(
                  counters.position()
                      + ": \"performanceCountersSettings\" has no effect: node counters are not sent"
                      + " to Application Insights");
            });
    setup.finish();
  }

  private static void insights(ObjectReader reference) {
    reference
        .requiredObject("component")
        .ifPresent(
            component -> {
              component.requiredText("id");
              component.finish();
            });
    reference.secret("instrumentationKey");
    VolumesReader.secretReference(reference, "instrumentationKeySecretReference");
    reference.finish();
  }

  private static Optional<SetupTask> task(ObjectReader reader) {
    SetupTask.Builder builder =
        SetupTask.builder(
            reader.requiredText("commandLine"), reader.requiredText("stdOutErrPathPrefix"));
    VolumesReader.variables(reader, builder::environmentVariable);
    VolumesReader.secrets(reader, builder::secret);
    reader.ignore("stdOutErrPathSuffix", "runElevated"); // read-only; of an earlier version
    reader.finish();
    return reader.build(builder::build);
  }

  private static Optional<ClusterDefinition.Machine> machine(ObjectReader cluster) {
    Optional<String> size = cluster.text("vmSize");
    Optional<String> priority = cluster.oneOf("vmPriority", "dedicated", "lowpriority");
    Optional<String> image =
        cluster.object("virtualMachineConfiguration").flatMap(ClusterReader::image);
    Optional<String> user = cluster.object("userAccountSettings").map(ClusterReader::user);
    Optional<String> subnet =
        cluster
            .object("subnet")
            .map(
                object -> {
                  String id = object.requiredText("id");
                  object.finish();
                  return id;
                });
    Optional<ObjectReader> scale = cluster.object("scaleSettings");
    Optional<ObjectReader> manual = scale.flatMap(s -> s.object("manual"));
    Optional<ObjectReader> automatic = scale.flatMap(s -> s.object("autoScale"));
    OptionalInt target = integer(manual, "targetNodeCount", true);
    Optional<String> deallocation =
        manual.flatMap(
            m -> m.oneOf("nodeDeallocationOption", "requeue", "terminate", "waitforjobcompletion"));
    OptionalInt minimum = integer(automatic, "minimumNodeCount", true);
    OptionalInt maximum = integer(automatic, "maximumNodeCount", true);
    OptionalInt initial = integer(automatic, "initialNodeCount", false);
    manual.ifPresent(ObjectReader::finish);
    automatic.ifPresent(ObjectReader::finish);
    scale.ifPresent(ObjectReader::finish);
    ObjectReader owner = manual.or(() -> automatic).orElse(cluster);
    return owner.build(
        () ->
            new ClusterDefinition.Machine(
                size,
                priority,
                target,
                deallocation,
                minimum,
                maximum,
                initial,
                image,
                user,
                subnet));
  }

  private static OptionalInt integer(Optional<ObjectReader> reader, String name, boolean required) {
    if (reader.isEmpty()) {
      return OptionalInt.empty();
    }
    return required
        ? OptionalInt.of(reader.get().requiredInteger(name))
        : reader.get().integer(name);
  }

  private static String user(ObjectReader reader) {
    String name = reader.requiredText("adminUserName");
    reader.text("adminUserSshPublicKey");
    reader.secret("adminUserPassword");
    reader.finish();
    return name;
  }

  private static Optional<String> image(ObjectReader reader) {
    Optional<ObjectReader> reference = reader.object("imageReference");
    reader.finish();
    return reference.map(
        image -> {
          String name =
              image.requiredText("publisher")
                  + ":"
                  + image.requiredText("offer")
                  + ":"
                  + image.requiredText("sku");
          image.text("version");
          image.text("virtualMachineImageId");
          image.finish();
          return name;
        });
  }
}
