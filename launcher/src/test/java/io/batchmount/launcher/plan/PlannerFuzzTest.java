package io.batchmount.launcher.plan;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.batchmount.launcher.job.ConfigurationException;
import io.batchmount.launcher.job.ConfigurationFiles;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** A good job with one text replaced by any other: a plan, or the planner's own error. */
class PlannerFuzzTest {
  private static final String GOOD =
      "{'nodeCount': 2, 'stdOutErrPathPrefix': '$AZ_BATCHAI_JOB_MOUNT_ROOT/out', 'mountVolumes':"
          + " {'azureFileShares': [{'azureFileUrl':"
          + " 'https://<AZURE_BATCHAI_STORAGE_ACCOUNT>.file.core.windows.net/logs',"
          + " 'relativeMountPath': 'out', 'accountName': 'a', 'credentials': {'accountKey': 'k'}}],"
          + " 'azureBlobFileSystems': [{'accountName': 'acctnorth', 'containerName': 'c',"
          + " 'relativeMountPath': 'in', 'mountOptions': '-o ro'}], 'fileServers': [{'fileServer':"
          + " {'id': 'nas'}, 'relativeMountPath': 'n', 'sourceDirectory': 'd'}],"
          + " 'unmanagedFileSystems': [{'mountCommand': 'm', 'relativeMountPath': 'u'}]},"
          + " 'inputDirectories': [{'id': 'I', 'path': '/i'}], 'outputDirectories': [{'id': 'O',"
          + " 'pathPrefix': '/o', 'pathSuffix': 's'}], 'environmentVariables': [{'name': 'A',"
          + " 'value': '$AZ_BATCHAI_INPUT_I'}, {'name': 'B', 'value': '$A'}], 'secrets':"
          + " [{'name': 'S', 'value': 'v'}], 'jobPreparation': {'commandLine': 'p $A'},"
          + " 'containerSettings': {'shmSize': '1g', 'imageSourceRegistry': {'image': 'i'}},"
          + " 'tensorFlowSettings': {'pythonScriptFilePath': 't.py', 'masterCommandLineArgs': '$B'}}";

  private static final ObjectMapper MAPPER = new ObjectMapper();

  @Property(tries = 800)
  void anyTextAnywhere(@ForAll @IntRange(max = 1000) int where, @ForAll("texts") String text)
      throws Exception {
    ObjectNode job = (ObjectNode) MAPPER.readTree(GOOD.replace('\'', '"'));
    List<Consumer<String>> places = new ArrayList<>();
    collect(job, places);
    places.get(where % places.size()).accept(text);
    byte[] bytes = job.toString().getBytes(StandardCharsets.UTF_8);
    try {
      JobPlan plan = TestPlans.plan(ConfigurationFiles.parseJob("f", bytes, false), r -> r);
      assertThat(plan.toDryRunJson().path("environment")).isNotEmpty();
    } catch (ConfigurationException refused) {
      assertThat(refused.problems()).isNotEmpty();
    }
  }

  private static void collect(JsonNode node, List<Consumer<String>> places) {
    if (node instanceof ObjectNode object) {
      object
          .properties()
          .forEach(
              entry -> {
                if (entry.getValue().isTextual()) {
                  places.add(text -> object.put(entry.getKey(), text));
                } else {
                  collect(entry.getValue(), places);
                }
              });
    } else if (node instanceof ArrayNode array) {
      array.forEach(element -> collect(element, places));
    }
  }

  @Provide
  Arbitrary<String> texts() {
    Arbitrary<String> pieces =
        Arbitraries.of(
            "$",
            "{",
            "}",
            "$A",
            "${B}",
            "$AZ_BATCHAI_JOB_TEMP",
            "$AZ_BATCHAI_MOUNT_ROOT",
            "/",
            "..",
            ".",
            "\\",
            "%",
            "%zz",
            "?",
            "#",
            "@",
            ":",
            "//",
            "https://",
            "h",
            " ",
            "'",
            "\"",
            "\n",
            "\u0001",
            "\u00e4",
            "\ud83d\ude00",
            "-o",
            "--",
            "=",
            ",",
            "[",
            "]",
            "<",
            ">");
    return Arbitraries.oneOf(
        Arbitraries.strings().ofMaxLength(12),
        pieces.list().ofMaxSize(8).map(list -> String.join("", list)));
  }
}
