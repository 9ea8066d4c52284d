package io.batchmount.it.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.it.support.Batchmount;
import io.batchmount.it.support.CutNetwork;
import io.batchmount.it.support.RawShare;
import io.batchmount.it.support.Signatures;
import io.batchmount.it.support.Storage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Bad luck while a job runs. */
class FaultsTest extends LauncherFixture {
  @Test
  void storageLostInTheMiddleAndBackAgainLosesNothing() throws Exception {
    Path cut = work.resolve("cut");
    Path mended = work.resolve("mended");
    String text =
        "echo begun; while [ ! -e "
            + cut
            + " ]; do sleep 0.1; done; echo during; echo kept > $AZ_BATCHAI_JOB_MOUNT_ROOT/afs/f.txt"
            + " & echo kept > $AZ_BATCHAI_JOB_MOUNT_ROOT/bfs/b.txt & while [ ! -e "
            + mended
            + " ]; do sleep 0.1; done; echo after; wait";
    Path file = write("lost.json", job(custom(text)));
    try (CutNetwork blob = new CutNetwork(Storage.blobEndpoint());
        CutNetwork files = new CutNetwork(Storage.fileEndpoint());
        Batchmount.Running running =
            batchmount
                .with("AZURE_STORAGE_BLOB_ENDPOINT", blob.endpoint())
                .with("AZURE_STORAGE_FILE_ENDPOINT", files.endpoint())
                .start("run", "-f", file.toString(), "--job-name", "lost", "--job-id", "id")) {
      running.awaitOutput("begun");
      blob.cut();
      files.cut();
      Files.createFile(cut);
      // the launcher has tried while nothing could be reached
      Awaitility.await()
          .atMost(Batchmount.LIMIT)
          .until(() -> files.refused() > 0 && blob.refused() > 0);
      blob.mend();
      files.mend();
      Files.createFile(mended);
      running.await(Batchmount.LIMIT).expect(0);
    }
    assertThat(content("lost", "stdout.txt")).isEqualTo("begun\nduring\nafter\n");
    Path copy = work.resolve("copy");
    batchmount.run("storage", "download", container, copy.toString()).expect(0);
    assertThat(copy.resolve("b.txt")).hasContent("kept\n");
    Path mount = Files.createDirectory(work.resolve("m"));
    batchmount.run("mount", "files", share, mount.toString()).expect(0);
    assertThat(mount.resolve("f.txt")).hasContent("kept\n");
    batchmount.run("unmount", mount.toString()).expect(0);
  }

  /** A MiB is left of its GiB when the job begins. */
  private String nearlyFullShare() throws Exception {
    String full = Storage.newName();
    RawShare.create(full, 1).fill((1L << 30) - (1L << 20));
    return full;
  }

  @Test
  void jobIsToldThatTheShareIsFull() throws Exception {
    String full = nearlyFullShare();
    Batchmount.Result result =
        run(
            "full",
            job(custom("head -c 2M /dev/urandom >$AZ_BATCHAI_JOB_MOUNT_ROOT/afs/more"))
                .replace(share, full));
    // the command's own failure, as it would be on a full disk
    result.expect(1);
    assertThat(result.stderr()).contains("No space left on device");
  }

  @Test
  void fullShareFailsAJobThatDidNotLookAtItsWrites() throws Exception {
    String full = nearlyFullShare();
    Batchmount.Result result =
        run(
            "careless",
            job(custom("head -c 2M /dev/urandom >$AZ_BATCHAI_JOB_MOUNT_ROOT/afs/more; echo done"))
                .replace(share, full));
    assertThat(result.stdout()).isEqualTo("done\n");
    result.expect(4);
    assertThat(result.stderr())
        .contains("/afs/more is not saved")
        .contains("the share " + full + " is at its quota")
        .contains("not everything could be saved");
    assertThat(batchmount.run("recover", "--list").expect(0).stdout()).contains(full);
  }

  @Test
  void standardOutputThatAFullShareDoesNotTakeFailsTheJob() throws Exception {
    String full = nearlyFullShare();
    Batchmount.Result result =
        run("loud", job(custom("head -c 3M /dev/zero | tr '\\0' x")).replace(share, full));
    assertThat(result.stdout()).hasSize(3 << 20);
    result.expect(4);
    assertThat(result.stderr())
        .contains("stdout.txt")
        .contains("the share " + full + " is at its quota")
        .contains("not everything could be saved");
  }

  @Test
  void signatureThatOnlyReadsFailsTheJobBeforeItsCommand() throws Exception {
    Batchmount readOnly =
        Batchmount.in(work)
            .with("AZURE_STORAGE_ACCOUNT", "devstoreaccount1")
            .with("AZURE_STORAGE_FILE_ENDPOINT", Storage.fileEndpoint().toString())
            .with("AZURE_STORAGE_BLOB_ENDPOINT", Storage.blobEndpoint().toString())
            .with("AZURE_STORAGE_SAS_TOKEN", Signatures.account("rl"));
    Path file =
        write(
            "read.json",
            """
            {"nodeCount": 1, "stdOutErrPathPrefix": "$AZ_BATCHAI_JOB_MOUNT_ROOT/afs",
             "mountVolumes": {"azureFileShares": [{"relativeMountPath": "afs",
               "azureFileUrl": "https://devstoreaccount1.file.core.windows.net/%s"}]},
             %s}"""
                .formatted(share, custom("touch " + work.resolve("ran"))));
    Batchmount.Result result = readOnly.run("run", "-f", file.toString()).expect(3);
    assertThat(result.stderr())
        .contains("cannot be made on files:" + share + ": its credentials do not allow to write")
        .contains("AZURE_STORAGE_SAS_TOKEN")
        .doesNotContain("sig=");
    assertThat(work.resolve("ran")).doesNotExist();
    assertThat(mounts()).isEmpty();
  }

  @Test
  void wrongClockIsNamedWithItsDifference() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 20, InetAddress.getLoopbackAddress())) {
      Thread answering = new Thread(() -> refuseAll(server), "hour-ahead");
      answering.setDaemon(true);
      answering.start();
      Batchmount.Result result =
          batchmount
              .with(
                  "AZURE_STORAGE_FILE_ENDPOINT",
                  "http://127.0.0.1:" + server.getLocalPort() + "/devstoreaccount1")
              .run("mount", "files", share, Files.createDirectory(work.resolve("m")).toString());
      result.expect(3);
      assertThat(result.stderr())
          .containsPattern("this machine's clock is (59|60|61) minutes behind")
          .contains("time service");
    }
  }

  /** A service whose clock is an hour ahead: it refuses what is signed with our time. */
  private static void refuseAll(ServerSocket server) {
    while (!server.isClosed()) {
      try (Socket client = server.accept()) {
        byte[] buffer = new byte[1 << 16];
        int count = 0;
        String request = "";
        while (count >= 0 && !request.contains("\r\n\r\n")) {
          count = client.getInputStream().read(buffer);
          request += count < 0 ? "" : new String(buffer, 0, count, StandardCharsets.ISO_8859_1);
        }
        String date =
            DateTimeFormatter.RFC_1123_DATE_TIME.format(
                Instant.now().plus(1, ChronoUnit.HOURS).atOffset(ZoneOffset.UTC));
        client
            .getOutputStream()
            .write(
                ("HTTP/1.1 403 Forbidden\r\nx-ms-error-code: AuthenticationFailed\r\nDate: "
                        + date
                        + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                    .getBytes(StandardCharsets.ISO_8859_1));
      } catch (IOException e) {
        continue; // the client gave up, or the test is over
      }
    }
  }
}
