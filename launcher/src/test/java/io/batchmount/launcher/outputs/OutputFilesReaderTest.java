package io.batchmount.launcher.outputs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Shape and strictness of definitions (2.1, D1, D6, D8). */
class OutputFilesReaderTest {
  private static final String CONTAINER =
      "'destination': {'container': {'containerUrl': 'https://a.blob.core.windows.net/c?sig=s'}}";

  private static List<OutputFile> read(String json) {
    return OutputFilesReader.inDocument("files.json", json.replace('\'', '"'));
  }

  private static OutputFile one(String json) {
    return read("[{" + json + "}]").get(0);
  }

  @Test
  void everyMember() {
    OutputFile file =
        one(
            """
            'filePattern': '../std*.txt',
            'destination': {'container': {
              'containerUrl': 'https://a.blob.core.windows.net/c',
              'path': 't1',
              'identityReference': {'resourceId': '/subscriptions/x'},
              'uploadHeaders': [{'name': 'Content-Type', 'value': 'text/plain'},
                                {'name': 'x-ms-meta-empty'}]}},
            'uploadOptions': {'uploadCondition': 'TaskFailure'}
            """);

    assertThat(file.filePattern()).isEqualTo("../std*.txt");
    assertThat(file.condition()).isEqualTo(UploadCondition.TASK_FAILURE);
    OutputDestination.Container container = (OutputDestination.Container) file.destination();
    assertThat(container.url()).isEqualTo("https://a.blob.core.windows.net/c");
    assertThat(container.path()).contains("t1");
    assertThat(container.identity()).contains("/subscriptions/x");
    assertThat(container.headers())
        .extracting(UploadHeader::sentName, UploadHeader::value)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("x-ms-blob-content-type", "text/plain"),
            org.assertj.core.groups.Tuple.tuple("x-ms-meta-empty", ""));
  }

  /** Chapter 6. */
  @Test
  void fileGroup() {
    OutputDestination destination =
        one("'filePattern': 'a*', 'destination': {'autoStorage': {'fileGroup': 'data__test--', 'path': 'd\\\\e/'}}")
            .destination();

    assertThat(destination.path()).contains("d/e/");
    assertThat(destination.identity()).isEmpty();
    assertThat(((OutputDestination.FileGroup) destination).container())
        .isEqualTo("fgrp-data-test-6640b0b7acfec6867ab146c9cf185206b5f0bdcb");
    assertThat(destination.url())
        .isEqualTo("autoStorage:fgrp-data-test-6640b0b7acfec6867ab146c9cf185206b5f0bdcb");
  }

  @Test
  void brokenJsonIsOneSentenceWithPlaceAndWhatWasExpected() {
    assertThatThrownBy(() -> read("[{'filePattern': 'a'\n 'destination'"))
        .isInstanceOf(OutputFileException.class)
        .hasMessage("files.json:2:2: is not valid JSON: found \" where a comma or } was expected");
  }

  @Test
  void arrayOrObjectWithTheList() {
    String entry = "{'filePattern': 'a', " + CONTAINER + "}";

    assertThat(read("[" + entry + "]")).isEqualTo(read("{'outputFiles': [" + entry + "]}"));
    assertThat(read("[]")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "tasksuccess, TASK_SUCCESS",
    "TaskSuccess, TASK_SUCCESS",
    "taskFailure, TASK_FAILURE",
    "TASKCOMPLETION, TASK_COMPLETION",
    "whileRunning, WHILE_RUNNING",
  })
  void conditionsAreReadWithoutRegardToCase(String written, UploadCondition expected) {
    assertThat(
            one("'filePattern': 'a', 'uploadOptions': {'uploadCondition': '"
                    + written
                    + "'}, "
                    + CONTAINER)
                .condition())
        .isEqualTo(expected);
  }

  /** D1. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "'uploadOptions': {}, ",
        "'uploadOptions': null, ",
        "'uploadOptions': {'uploadCondition': null}, "
      })
  void missingConditionIsCompletion(String options) {
    assertThat(one("'filePattern': 'a', " + options + CONTAINER).condition())
        .isEqualTo(UploadCondition.TASK_COMPLETION);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'outputFiles': {}}|outputFiles must be an array",
        "{'outputfiles': []}|unknown member \"outputfiles\", did you mean \"outputFiles\"?",
        "{}|outputFiles is missing",
        "3|outputFiles must be an array",
        "[1]|outputFiles[0]: must be an object",
        "[{}]|outputFiles[0].filePattern is missing",
        "[{'filePattern': 'a'}]|outputFiles[0].destination is missing",
        "[{'filePattern': 3, 'destination': {}}]|outputFiles[0].filePattern: must be a string",
        "[{'filePattern': 'a', 'destination': {}}]|outputFiles[0].destination.container is missing",
        "[{'filePattern': 'a', 'destination': {'container': {}}}]|"
            + "outputFiles[0].destination.container.containerUrl is missing",
        "[{'filePattern': 'a', 'destination': {'container': {'containerURL': 'x'}}}]|"
            + "unknown member \"containerURL\", did you mean \"containerUrl\"?",
        "[{'filePattern': 'a', 'destination': {'container': {'containerUrl': ''}}}]|"
            + "outputFiles[0].destination.container.containerUrl: must not be empty",
        "[{'filePattern': 'a', 'upload': {}}]|unknown member \"upload\"",
        "[{'filePattern': '', 'destination': {'container': {'containerUrl': 'x'}}}]|"
            + "outputFiles[0]: filePattern must be a path",
        "[{'filePattern': 'a', 'filePattern': 'b'}]|files.json:1:36: is not valid JSON: found the name \"filePattern\" for the second time in one object",
        "[] []|files.json:1:4: is not valid JSON: found more text behind the end",
        "[|files.json:1:",
        "[{'filePattern': 'a', 'destination': {'container': {'containerUrl': 'x', 'path': 'd/'}}}]|"
            + "outputFiles[0]: destination path must not end with a slash",
        "[{'filePattern': 'a', 'destination': {'container': {'containerUrl': 'x', 'path': 'd\\\\'}}}]|"
            + "outputFiles[0]: destination path must not end with a slash",
        "[{'filePattern': 'a', 'destination': {'container': {'containerUrl': 'x'},"
            + " 'fileShare': {'shareUrl': 'x'}}}]|names both container and fileShare",
        "[{'filePattern': 'a', 'destination': {'autoStorage': {}}}]|"
            + "outputFiles[0].destination.autoStorage.fileGroup is missing",
        "[{'filePattern': 'a', 'destination': {'autoStorage': {'fileGroup': '_x'}}}]|"
            + "outputFiles[0].destination.autoStorage.fileGroup: group must be letters",
        "[{'filePattern': 'a', 'destination': {'autoStorage': {'fileGroup': 'x', 'container': 'y'}}}]|"
            + "outputFiles[0].destination.autoStorage: unknown member \"container\"",
        "[{'filePattern': 'a', 'destination': {'autoStorage': {'fileGroup': 'x', 'path': 'd/'}}}]|"
            + "outputFiles[0]: destination path must not end with a slash",
      })
  void wrongDefinitions(String json, String message) {
    assertThatThrownBy(() -> read(json))
        .isInstanceOf(OutputFileException.class)
        .hasMessageStartingWith("files.json:")
        .hasMessageContaining(message);
  }

  @Test
  void theSecondEntryIsNamed() {
    assertThatThrownBy(
            () ->
                read(
                    "[{'filePattern': 'a', "
                        + CONTAINER
                        + "}, {'filePattern': 'b', 'uploadOptions': {'uploadCondition': 'never'}, "
                        + CONTAINER
                        + "}]"))
        .hasMessageContaining("outputFiles[1].uploadOptions.uploadCondition")
        .hasMessageContaining("\"never\"")
        .hasMessageNotContaining("sig=");
  }

  /** D8. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "x-ms-blob-type",
        "X-Ms-Version",
        "x-ms-date",
        "Authorization",
        "content-length",
        "Host",
        "bad name",
        "bad:name"
      })
  void headersThatTheUploadOwnsAreRefused(String name) {
    assertThatThrownBy(() -> headers("{'name': '" + name + "', 'value': 'x'}"))
        .hasMessageContaining("outputFiles[0].destination.container.uploadHeaders[0]")
        .hasMessageContaining(name);
  }

  @Test
  void headersGivenTwiceAreRefused() {
    assertThatThrownBy(
            () ->
                headers(
                    "{'name': 'Content-Type', 'value': 'a'},"
                        + " {'name': 'x-ms-blob-content-type', 'value': 'b'}"))
        .hasMessageContaining("given twice");
  }

  private static List<OutputFile> headers(String list) {
    return read(
        "[{'filePattern': 'a', 'destination': {'container': {'containerUrl': 'x',"
            + " 'uploadHeaders': ["
            + list
            + "]}}}]");
  }

  @Test
  void missingFile() {
    assertThatThrownBy(() -> OutputFilesReader.read(Path.of("/no/such.json")))
        .hasMessage("/no/such.json: cannot be read: it does not exist");
  }

  @Test
  void textsShowNoSignature() {
    OutputFile file = one("'filePattern': 'a', " + CONTAINER);

    assertThat(file.toString()).contains("sig=***").doesNotContain("sig=s]", "sig=s,");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "https://x/c?sv=1&sig=aB%2Bc%3D&se=2|https://x/c?sv=1&sig=***&se=2",
        "https://x/c?SIG=abc|https://x/c?SIG=***",
        "u=https%3A%2F%2Fx%3Fsig%3Dabc|u=https%3A%2F%2Fx%3Fsig%3D***",
        "AccountName=a;AccountKey=Zm9v==;EndpointSuffix=x|"
            + "AccountName=a;AccountKey=***;EndpointSuffix=x",
        "design=1 nosig=2|design=1 nosig=2",
      })
  void blanking(String text, String expected) {
    assertThat(SecretText.blank(text)).isEqualTo(expected);
  }

  /** 2.6, with the pattern's relative name as the matcher gives it. */
  @ParameterizedTest
  @CsvSource({
    "false, , result.csv, result.csv",
    "false, t1/final.csv, result.csv, t1/final.csv",
    "true, t1, stdout.txt, t1/stdout.txt",
    "true, , a.txt, a.txt",
    "true, t1, s/b.txt, t1/s/b.txt",
    "true, /t1/x//, s/b.txt, t1/x/s/b.txt",
    "true, /, b.txt, b.txt",
  })
  void blobNames(boolean wildcard, String path, String relative, String expected) {
    assertThat(BlobNaming.nameOf(wildcard, java.util.Optional.ofNullable(path), relative))
        .isEqualTo(expected);
  }

  /** The host of a path-style address may be a name; without a port only when it has no dots. */
  @ParameterizedTest
  @CsvSource({
    "http://azurite/devstoreaccount1/c?sig=a%2B, http://azurite:80/devstoreaccount1/c?sig=a%2B",
    "https://localhost/devstoreaccount1/c, https://localhost:443/devstoreaccount1/c",
    "http://azurite:10000/devstoreaccount1/c, http://azurite:10000/devstoreaccount1/c",
    "http://127.0.0.1/devstoreaccount1/c, http://127.0.0.1/devstoreaccount1/c",
    "https://acct.blob.core.windows.net/c, https://acct.blob.core.windows.net/c",
  })
  void hostsOfAddresses(String written, String used) {
    assertThat(TargetFactory.addressOf(written)).hasToString(used);
  }

  @Test
  void backSlashesOfAPathAreTurnedAndAnEmptyPathIsNone() {
    assertThat(OutputDestination.Container.of("x", "a\\b").path()).contains("a/b");
    assertThat(OutputDestination.Container.of("x", "").path()).isEmpty();
  }
}
