package io.batchmount.launcher.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.batchmount.launcher.conventions.SharedTestData;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every member of both schemas with a value of each wrong type: the error names file, line, column
 * and the member, and says which type is wanted.
 */
class WrongTypesTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private static final String REFERENCE =
      "{'sourceVault': {'id': '/v'}, 'secretUrl': 'https://v/s'}";

  private static final String VOLUMES =
      "'mountVolumes': {'azureFileShares': [{'accountName': 'a', 'azureFileUrl': 'https://a.b/s',"
          + " 'credentials': {'accountKeySecretReference': "
          + REFERENCE
          + "}, 'relativeMountPath': 'x', 'fileMode': '0777', 'directoryMode': '0777'},"
          + " {'azureFileUrl': 'https://a.b/s', 'credentials': {'accountKey': 'k'},"
          + " 'relativeMountPath': 'x2'}],"
          + "'azureBlobFileSystems': [{'accountName': 'a', 'containerName': 'c', 'credentials':"
          + " {'accountKey': 'k'}, 'relativeMountPath': 'y', 'mountOptions': '-o ro'},"
          + " {'accountName': 'a', 'containerName': 'c', 'relativeMountPath': 'y2', 'credentials':"
          + " {'accountKeySecretReference': "
          + REFERENCE
          + "}}],"
          + "'fileServers': [{'fileServer': {'id': 'f'}, 'sourceDirectory': 'd',"
          + " 'relativeMountPath': 'z', 'mountOptions': 'rw'}],"
          + "'unmanagedFileSystems': [{'mountCommand': 'm', 'relativeMountPath': 'u'}]}";

  private static final String VARIABLES =
      "'environmentVariables': [{'name': 'A', 'value': '1'}],"
          + "'secrets': [{'name': 'B', 'value': '2'}, {'name': 'C', 'valueSecretReference': "
          + REFERENCE
          + "}]";

  private static final String JOB =
      "{'properties': {'schedulingPriority': 'low', 'cluster': {'id': 'c'}, 'nodeCount': 1,"
          + VOLUMES
          + ", 'containerSettings': {'imageSourceRegistry': {'serverUrl': 's', 'image': 'i',"
          + " 'credentials': {'username': 'u', 'passwordSecretReference': "
          + REFERENCE
          + "}}, 'shmSize': '1g'}, 'jobPreparation': {'commandLine': 'p'}, 'stdOutErrPathPrefix':"
          + " '/o', 'inputDirectories': [{'id': 'I', 'path': '/i'}], 'outputDirectories': [{'id':"
          + " 'O', 'pathPrefix': '/p', 'pathSuffix': 's', 'createNew': true}],"
          + VARIABLES
          + ", 'constraints': {'maxWallClockTime': 'P1D'}, 'outputFiles': [{}]%s}}";

  /** The same with the registry's password itself. */
  private static final String JOB_WITH_PASSWORD =
      JOB.replace("'passwordSecretReference': " + REFERENCE, "'password': 'p'");

  private static final List<String> TOOLKITS =
      List.of(
          "'cntkSettings': {'languageType': 'Python', 'pythonScriptFilePath': 'a',"
              + " 'pythonInterpreterPath': 'p', 'commandLineArgs': 'x', 'processCount': 1}",
          "'cntkSettings': {'configFilePath': 'a'}",
          "'pyTorchSettings': {'pythonScriptFilePath': 'a', 'pythonInterpreterPath': 'p',"
              + " 'commandLineArgs': 'x', 'processCount': 1, 'communicationBackend': 'gloo'}",
          "'tensorFlowSettings': {'pythonScriptFilePath': 'a', 'pythonInterpreterPath': 'p',"
              + " 'masterCommandLineArgs': 'm', 'workerCommandLineArgs': 'w',"
              + " 'parameterServerCommandLineArgs': 's', 'workerCount': 1, 'parameterServerCount':"
              + " 1}",
          "'caffeSettings': {'configFilePath': 'a', 'commandLineArgs': 'x', 'processCount': 1}",
          "'caffeSettings': {'pythonScriptFilePath': 'a', 'pythonInterpreterPath': 'p'}",
          "'caffe2Settings': {'pythonScriptFilePath': 'a', 'pythonInterpreterPath': 'p',"
              + " 'commandLineArgs': 'x'}",
          "'chainerSettings': {'pythonScriptFilePath': 'a', 'pythonInterpreterPath': 'p',"
              + " 'commandLineArgs': 'x', 'processCount': 1}",
          "'customToolkitSettings': {'commandLine': 'c'}",
          "'customMpiSettings': {'commandLine': 'c', 'processCount': 1}",
          "'horovodSettings': {'pythonScriptFilePath': 'a', 'pythonInterpreterPath': 'p',"
              + " 'commandLineArgs': 'x', 'processCount': 1}");

  private static final String CLUSTER =
      "{'properties': {'vmSize': 'S', 'vmPriority': 'dedicated', 'scaleSettings': {'manual':"
          + " {'targetNodeCount': 1, 'nodeDeallocationOption': 'requeue'}, 'autoScale':"
          + " {'minimumNodeCount': 0, 'maximumNodeCount': 1, 'initialNodeCount': 0}},"
          + " 'virtualMachineConfiguration': {'imageReference': {'publisher': 'p', 'offer': 'o',"
          + " 'sku': 's', 'version': 'v', 'virtualMachineImageId': 'i'}}, 'nodeSetup': {"
          + VOLUMES
          + ", 'setupTask': {'commandLine': 'c', 'stdOutErrPathPrefix': '/o', "
          + VARIABLES
          + "}, 'performanceCountersSettings': {'appInsightsReference': {'component': {'id': 'i'},"
          + " 'instrumentationKey': 'k', 'instrumentationKeySecretReference': "
          + REFERENCE
          + "}}}, 'userAccountSettings': {'adminUserName': 'u', 'adminUserSshPublicKey': 'k',"
          + " 'adminUserPassword': 'p'}, 'subnet': {'id': 's'}}}";

  private static final List<JsonNode> OTHERS =
      List.of(
          JsonNodeFactory.instance.textNode("text"),
          JsonNodeFactory.instance.numberNode(3),
          JsonNodeFactory.instance.numberNode(2.5),
          JsonNodeFactory.instance.booleanNode(true),
          JsonNodeFactory.instance.objectNode(),
          JsonNodeFactory.instance.arrayNode());

  @TestFactory
  Stream<DynamicTest> everyMemberOfAJobWithEveryWrongType() throws Exception {
    List<DynamicTest> tests = new ArrayList<>();
    for (String toolkit : TOOLKITS) {
      tests.addAll(tests(JOB.formatted(", " + toolkit), true));
    }
    tests.addAll(tests(JOB_WITH_PASSWORD.formatted(", " + TOOLKITS.get(0)), true));
    return tests.stream();
  }

  @TestFactory
  Stream<DynamicTest> everyMemberOfAClusterWithEveryWrongType() throws Exception {
    return tests(CLUSTER, false).stream();
  }

  /** The tables above leave no member of the published schemas out. */
  @Test
  void tablesHaveEveryMemberOfTheSchemas() throws Exception {
    Set<String> tried = new TreeSet<>();
    for (String toolkit : TOOLKITS) {
      tried.addAll(names(MAPPER.readTree(JOB.formatted(", " + toolkit).replace('\'', '"'))));
    }
    tried.addAll(names(MAPPER.readTree(JOB_WITH_PASSWORD.formatted("").replace('\'', '"'))));
    tried.addAll(names(MAPPER.readTree(CLUSTER.replace('\'', '"'))));
    for (String file : List.of("job.json", "cluster.json")) {
      JsonNode schema =
          MAPPER.readTree(SharedTestData.file("testdata/batchai-schemas/" + file).toFile());
      Set<String> members = new TreeSet<>();
      members(schema, schema.path("properties").path("properties"), "", members);
      assertThat(members).hasSizeGreaterThan(20);
      assertThat(tried).as(file).containsAll(members);
    }
  }

  private static Set<String> names(JsonNode sample) {
    Set<String> names = new TreeSet<>();
    paths(sample.get("properties"))
        .forEach(path -> names.add(key(path).replaceAll("\\[\\d+]", "")));
    return names;
  }

  private static void members(JsonNode schema, JsonNode node, String path, Set<String> found) {
    JsonNode here = node;
    if (here.has("oneOf")) {
      // each alternative of a member is the member itself or a template's expression
      here.get("oneOf").forEach(choice -> members(schema, choice, path, found));
      return;
    }
    if (here.path("$ref").asText().startsWith("#/definitions/")) {
      here = schema.path("definitions").path(here.get("$ref").asText().substring(14));
    }
    if (here.has("items")) {
      members(schema, here.get("items"), path, found);
    }
    for (var member : here.path("properties").properties()) {
      String name = path.isEmpty() ? member.getKey() : path + "." + member.getKey();
      found.add(name);
      members(schema, member.getValue(), name, found);
    }
  }

  private static List<DynamicTest> tests(String text, boolean job) throws Exception {
    JsonNode good = MAPPER.readTree(text.replace('\'', '"'));
    read(good, job);
    List<DynamicTest> tests = new ArrayList<>();
    for (List<Object> path : paths(good.get("properties"))) {
      tests.add(DynamicTest.dynamicTest(key(path), () -> everyWrongType(good, path, job)));
    }
    return tests;
  }

  private static void everyWrongType(JsonNode good, List<Object> path, boolean job) {
    JsonNode original = at(good.get("properties"), path, path.size());
    for (JsonNode other : OTHERS) {
      if (sameType(original, other)) {
        continue;
      }
      JsonNode bad = good.deepCopy();
      JsonNode parent = at(bad.get("properties"), path, path.size() - 1);
      if (parent instanceof ObjectNode object) {
        object.set((String) path.get(path.size() - 1), other);
      } else {
        ((ArrayNode) parent).set((Integer) path.get(path.size() - 1), other);
      }
      ConfigurationException refused =
          catchThrowableOfType(ConfigurationException.class, () -> read(bad, job));
      assertThat(refused).as("%s = %s", key(path), other).isNotNull();
      assertThat(refused.problems())
          .as("%s = %s", key(path), other)
          .anySatisfy(
              problem -> {
                assertThat(problem.key()).isEqualTo(key(path));
                assertThat(problem.position()).isPresent();
                assertThat(problem.message()).contains("must be ");
              });
      assertThat(refused.getMessage()).contains("file.json:1:");
    }
  }

  private static boolean sameType(JsonNode original, JsonNode other) {
    if (original.isNumber() && other.isNumber()) {
      return other.isIntegralNumber();
    }
    return original.getNodeType() == other.getNodeType();
  }

  private static void read(JsonNode node, boolean job) {
    byte[] bytes = node.toString().getBytes(StandardCharsets.UTF_8);
    if (job) {
      assertThat(ConfigurationFiles.parseJob("file.json", bytes, false).warnings()).isEmpty();
    } else {
      ConfigurationFiles.parseCluster("file.json", bytes, true);
    }
  }

  private static List<List<Object>> paths(JsonNode node) {
    List<List<Object>> all = new ArrayList<>();
    collect(node, List.of(), all);
    return all;
  }

  private static void collect(JsonNode node, List<Object> path, List<List<Object>> all) {
    if (!path.isEmpty()) {
      all.add(path);
    }
    if (node instanceof ObjectNode object) {
      object
          .properties()
          .forEach(entry -> collect(entry.getValue(), with(path, entry.getKey()), all));
    } else if (node instanceof ArrayNode array) {
      for (int i = 0; i < array.size(); i++) {
        collect(array.get(i), with(path, i), all);
      }
    }
  }

  private static List<Object> with(List<Object> path, Object step) {
    List<Object> longer = new ArrayList<>(path);
    longer.add(step);
    return longer;
  }

  private static JsonNode at(JsonNode node, List<Object> path, int depth) {
    JsonNode here = node;
    for (Object step : path.subList(0, depth)) {
      here = step instanceof Integer index ? here.get(index) : here.get((String) step);
    }
    return here;
  }

  private static String key(List<Object> path) {
    StringBuilder key = new StringBuilder();
    for (Object step : path) {
      if (step instanceof Integer index) {
        key.append('[').append(index).append(']');
      } else {
        key.append(key.isEmpty() ? "" : ".").append(step);
      }
    }
    return key.toString();
  }
}
