package io.batchmount.launcher.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever bytes come, the reader gives a definition or its own error, and nothing else. */
class ReaderFuzzTest {
  private static final List<String> NAMES =
      List.of(
          "properties",
          "nodeCount",
          "stdOutErrPathPrefix",
          "mountVolumes",
          "azureFileShares",
          "azureBlobFileSystems",
          "fileServers",
          "unmanagedFileSystems",
          "relativeMountPath",
          "azureFileUrl",
          "accountName",
          "containerName",
          "credentials",
          "accountKey",
          "fileMode",
          "inputDirectories",
          "outputDirectories",
          "id",
          "path",
          "pathPrefix",
          "pathSuffix",
          "environmentVariables",
          "secrets",
          "name",
          "value",
          "valueSecretReference",
          "sourceVault",
          "secretUrl",
          "jobPreparation",
          "commandLine",
          "containerSettings",
          "imageSourceRegistry",
          "image",
          "shmSize",
          "customToolkitSettings",
          "cntkSettings",
          "tensorFlowSettings",
          "pythonScriptFilePath",
          "workerCount",
          "constraints",
          "maxWallClockTime",
          "schedulingPriority",
          "cluster",
          "nodeSetup",
          "setupTask",
          "scaleSettings",
          "manual",
          "targetNodeCount",
          "outputFiles",
          "createNew",
          "x");

  private static final List<String> TEXTS =
      List.of(
          "",
          " ",
          "a",
          "/a",
          "../a",
          "a/b",
          "$AZ_BATCHAI_JOB_MOUNT_ROOT/x",
          "0777",
          "P7D",
          "7.00:00:00",
          "99999999999 days",
          "P99999999999999D",
          "low",
          "\u0000",
          "\ud800",
          "https://a.file.core.windows.net/s",
          "<AZURE_BATCHAI_STORAGE_ACCOUNT>",
          "16gb");

  @Property(tries = 400)
  void anyBytes(@ForAll byte[] bytes) {
    readsOrRefuses(bytes);
  }

  @Property(tries = 400)
  void anyText(@ForAll String text) {
    readsOrRefuses(text.getBytes(StandardCharsets.UTF_8));
  }

  @Property(tries = 500)
  void anyTreeOfKnownNames(@ForAll("trees") JsonNode tree) {
    readsOrRefuses(tree.toString().getBytes(StandardCharsets.UTF_8));
  }

  @Property(tries = 500)
  void aGoodFileWithSomethingCutOut(
      @ForAll @net.jqwik.api.constraints.IntRange(max = 400) int from,
      @ForAll @net.jqwik.api.constraints.IntRange(min = 1, max = 60) int length) {
    String good =
        "{\"properties\": {\"nodeCount\": 1, \"stdOutErrPathPrefix\": \"/x\", \"mountVolumes\":"
            + " {\"azureFileShares\": [{\"azureFileUrl\": \"https://a.b/c\", \"relativeMountPath\":"
            + " \"x\"}]}, \"horovodSettings\": {\"pythonScriptFilePath\": \"a.py\"},"
            + " \"outputDirectories\": [{\"id\": \"A\", \"pathPrefix\": \"/x\"}], \"secrets\":"
            + " [{\"name\": \"A\", \"value\": \"b\"}]}}";
    int start = Math.min(from, good.length());
    int end = Math.min(start + length, good.length());
    readsOrRefuses(
        (good.substring(0, start) + good.substring(end)).getBytes(StandardCharsets.UTF_8));
  }

  @org.junit.jupiter.api.Test
  void deepNestingIsRefused() {
    readsOrRefuses("[".repeat(100_000).getBytes(StandardCharsets.UTF_8));
    readsOrRefuses("{\"a\":".repeat(100_000).getBytes(StandardCharsets.UTF_8));
    readsOrRefuses(("{\"nodeCount\":" + "9".repeat(5000) + "}").getBytes(StandardCharsets.UTF_8));
    readsOrRefuses(("{\"outputFiles\":[{\"a\":1e999999999}]}").getBytes(StandardCharsets.UTF_8));
  }

  private static void readsOrRefuses(byte[] bytes) {
    for (boolean strict : new boolean[] {false, true}) {
      try {
        assertThat(ConfigurationFiles.parseJob("f", bytes, strict).definition()).isNotNull();
      } catch (ConfigurationException refused) {
        assertThat(refused.problems()).isNotEmpty();
      }
      try {
        assertThat(ConfigurationFiles.parseCluster("f", bytes, strict).definition()).isNotNull();
      } catch (ConfigurationException refused) {
        assertThat(refused.problems()).isNotEmpty();
      }
    }
    try {
      assertThat(ConfigurationFiles.kindOf("f", bytes)).isNotNull();
    } catch (ConfigurationException refused) {
      assertThat(refused.problems()).isNotEmpty();
    }
  }

  @Provide
  Arbitrary<JsonNode> trees() {
    JsonNodeFactory factory = JsonNodeFactory.instance;
    Arbitrary<JsonNode> leaves =
        Arbitraries.oneOf(
            Arbitraries.of(TEXTS).map(factory::textNode),
            Arbitraries.strings().ofMaxLength(8).map(factory::textNode),
            Arbitraries.integers().map(factory::numberNode),
            Arbitraries.of(1, 2, 0, -1).map(factory::numberNode),
            Arbitraries.doubles().map(factory::numberNode),
            Arbitraries.of(true, false).map(factory::booleanNode),
            Arbitraries.create(factory::nullNode));
    return Arbitraries.lazyOf(() -> object(leaves, 3));
  }

  private static Arbitrary<JsonNode> object(Arbitrary<JsonNode> leaves, int depth) {
    Arbitrary<JsonNode> children =
        depth == 0
            ? leaves
            : Arbitraries.frequencyOf(
                net.jqwik.api.Tuple.of(2, leaves),
                net.jqwik.api.Tuple.of(2, Arbitraries.lazy(() -> object(leaves, depth - 1))),
                net.jqwik.api.Tuple.of(
                    1,
                    Arbitraries.lazy(
                        () ->
                            object(leaves, depth - 1)
                                .list()
                                .ofMaxSize(2)
                                .map(
                                    list -> {
                                      var array = JsonNodeFactory.instance.arrayNode();
                                      list.forEach(array::add);
                                      return array;
                                    }))));
    return Arbitraries.maps(Arbitraries.of(NAMES), children)
        .ofMaxSize(5)
        .map(
            members -> {
              ObjectNode object = JsonNodeFactory.instance.objectNode();
              members.forEach(object::set);
              return object;
            });
  }
}
