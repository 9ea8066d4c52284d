package io.batchmount.it.launcher;

import com.azure.storage.blob.BlobContainerClient;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.batchmount.core.testkit.Azurite;
import io.batchmount.it.support.Batchmount;
import io.batchmount.it.support.Storage;
import io.batchmount.launcher.account.LiveCredential;
import io.batchmount.launcher.account.SecretSource;
import io.batchmount.launcher.account.StorageAccount;
import io.batchmount.launcher.mount.Volume;
import io.batchmount.launcher.stream.StorageAdmin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A container, a share and a work directory for each test; nothing is left mounted after it. */
abstract class LauncherFixture {
  static final String SEGMENT_HEAD =
      "00000000-0000-0000-0000-000000000000/local/workspaces/default/experiments/default/jobs/";

  private static final StorageAccount ACCOUNT =
      new StorageAccount(
          Azurite.ACCOUNT,
          Storage.blobEndpoint(),
          Storage.fileEndpoint(),
          LiveCredential.key(Azurite.ACCOUNT, SecretSource.fixed(Azurite.KEY, "the tests")));

  @TempDir Path work;
  Batchmount batchmount;
  String share;
  String container;
  private BlobContainerClient blobs;

  @BeforeEach
  void makeVolumes() throws IOException {
    Assumptions.assumeTrue(Files.exists(Path.of("/dev/fuse")), "no /dev/fuse here");
    batchmount = Batchmount.in(work).with(Storage.environment());
    share = Storage.newName();
    blobs = Storage.newContainer();
    container = blobs.getBlobContainerName();
    StorageAdmin.create(ACCOUNT, Volume.Kind.FILES, share);
  }

  @AfterEach
  void nothingIsLeft() throws IOException {
    if (mounts().isEmpty()) {
      return;
    }
    batchmount.run("unmount", "--all", "--timeout", "30s");
    Assertions.assertThat(mounts()).as("mounts left below " + work).isEmpty();
  }

  /** The test's container, as another client sees it. */
  BlobContainerClient blobs() {
    return blobs;
  }

  /** Mounts below the work directory. */
  List<String> mounts() throws IOException {
    List<String> found = new ArrayList<>();
    for (String line : Files.readAllLines(Path.of("/proc/self/mountinfo"))) {
      String path = line.split(" ")[4];
      if (path.startsWith(work.toRealPath().toString())) {
        found.add(path);
      }
    }
    return found;
  }

  /** A job on both volumes: share {@code afs} with the logs, container {@code bfs}. */
  String job(String members) {
    return """
        {"properties": {
          "nodeCount": 1,
          "stdOutErrPathPrefix": "$AZ_BATCHAI_JOB_MOUNT_ROOT/afs",
          "mountVolumes": {
            "azureFileShares": [{
              "azureFileUrl": "https://<AZURE_BATCHAI_STORAGE_ACCOUNT>.file.core.windows.net/%s",
              "relativeMountPath": "afs"}],
            "azureBlobFileSystems": [{
              "accountName": "<AZURE_BATCHAI_STORAGE_ACCOUNT>",
              "containerName": "%s",
              "relativeMountPath": "bfs"}]},
          %s
        }}"""
        .formatted(share, container, members);
  }

  Path write(String name, String text) {
    try {
      return Files.writeString(work.resolve(name), text);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  static String custom(String commandLine) {
    try {
      return "\"customToolkitSettings\": {\"commandLine\": "
          + new ObjectMapper().writeValueAsString(commandLine)
          + "}";
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Runs a job file with an id of its own. */
  Batchmount.Result run(String name, String text, String... more) {
    Path file = write(name + ".json", text);
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("run", "-f", file.toString(), "--job-name", name, "--job-id", "id"));
    arguments.addAll(List.of("--mount-root", work.resolve("mounts").toString()));
    arguments.addAll(Arrays.asList(more));
    return batchmount.run(arguments.toArray(String[]::new));
  }

  /** Names and sizes of a listing of one of the job's directories. */
  List<String> list(String job, String... more) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("job", "file", "list", "-j", job, "--json"));
    arguments.addAll(Arrays.asList(more));
    List<String> entries = new ArrayList<>();
    new ObjectMapper()
        .readTree(batchmount.run(arguments.toArray(String[]::new)).expect(0).stdout())
        .forEach(
            entry ->
                entries.add(
                    entry.path("name").asText()
                        + (entry.path("fileType").asText().equals("directory")
                            ? "/"
                            : " " + entry.path("contentLength").asLong())));
    return entries;
  }

  /** Content of one file of the job, through the command that streams. */
  String content(String job, String file, String... more) {
    List<String> arguments = new ArrayList<>(List.of("job", "file", "stream", "-j", job));
    arguments.addAll(Arrays.asList(more));
    arguments.addAll(List.of("-f", file));
    return batchmount.run(arguments.toArray(String[]::new)).expect(0).stdout();
  }

  /** The development account's key, for tests that look for secrets. */
  static String key() {
    return Azurite.KEY;
  }
}
