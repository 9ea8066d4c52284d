package io.batchmount.emulator.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a fault script does, and what is counted and logged. */
class FaultTest extends Emulated {

  @AfterEach
  void heal() {
    emulator.setFaults(FaultScript.NONE);
  }

  @Test
  void serverBusyForACountOfRequests() {
    wire.write(share + "/f", "x");
    emulator.setFaults(FaultScript.of(FaultRule.on("GetFile*").skip(1).count(2).serverBusy(3)));
    assertThat(wire.get(share + "/f").outcome()).isEqualTo("200");
    Wire.Answer busy = wire.get(share + "/f");
    assertThat(busy.outcome()).isEqualTo("503 ServerBusy");
    assertThat(busy.header("retry-after")).isEqualTo("3");
    assertThat(wire.head(share + "/f").outcome()).isEqualTo("503 ServerBusy");
    assertThat(wire.get(share + "/f").outcome()).isEqualTo("200");
  }

  @Test
  void codesOfSmbClientsAndUnknownOnes() {
    wire.write(share + "/f", "x");
    for (String code :
        List.of(
            "SharingViolation",
            "DeletePending",
            "FileLockConflict",
            "CannotDeleteFileOrDirectory")) {
      emulator.setFaults(FaultScript.of(FaultRule.on("DeleteFile").error(code)));
      assertThat(wire.send("DELETE", "/" + share + "/f").outcome()).isEqualTo("409 " + code);
    }
    emulator.setFaults(FaultScript.of(FaultRule.on("DeleteFile").error("ClientCacheFlushDelay")));
    assertThat(wire.send("DELETE", "/" + share + "/f").outcome())
        .isEqualTo("500 ClientCacheFlushDelay");
    emulator.setFaults(FaultScript.of(FaultRule.on("*").error("SomethingNew").status(418)));
    assertThat(wire.get(share + "/f").outcome()).isEqualTo("418 SomethingNew");
    emulator.setFaults(FaultScript.of(FaultRule.on("*").status(500)));
    assertThat(wire.get(share + "/f").outcome()).isEqualTo("500 InternalError");
  }

  @Test
  void resetBeforeAndAfterProcessing() {
    wire.file(share + "/f", 5);
    byte[] body = "hello".getBytes(StandardCharsets.UTF_8);
    emulator.setFaults(
        FaultScript.of(FaultRule.on("PutRange").count(1).reset(FaultRule.Reset.BEFORE)));
    assertThatThrownBy(() -> wire.put(share + "/f", 0, body)).hasCauseInstanceOf(IOException.class);
    assertThat(wire.get(share + "/f").body()).isEqualTo(new byte[5]);
    emulator.setFaults(
        FaultScript.of(FaultRule.on("PutRange").count(1).reset(FaultRule.Reset.AFTER)));
    assertThatThrownBy(() -> wire.put(share + "/f", 0, body)).hasCauseInstanceOf(IOException.class);
    assertThat(wire.get(share + "/f").text()).isEqualTo("hello");
  }

  @Test
  void resetInTheMiddleOfBodies() {
    wire.file(share + "/f", 1 << 20);
    emulator.setFaults(FaultScript.of(FaultRule.on("GetFile").count(1).resetAfterBytes(1000)));
    assertThatThrownBy(() -> wire.get(share + "/f")).hasCauseInstanceOf(IOException.class);
    assertThat(wire.get(share + "/f").body()).hasSize(1 << 20);
    emulator.setFaults(
        FaultScript.of(FaultRule.on("PutRange").count(1).reset(FaultRule.Reset.UPLOAD)));
    byte[] body = new byte[1 << 20];
    java.util.Arrays.fill(body, (byte) 7);
    assertThatThrownBy(() -> wire.put(share + "/f", 0, body)).hasCauseInstanceOf(IOException.class);
    assertThat(wire.get(share + "/f").body()).isEqualTo(new byte[1 << 20]);
    assertThat(wire.put(share + "/f", 0, body).outcome()).isEqualTo("201");
  }

  @Test
  void latencyAndSlowBodies() {
    wire.file(share + "/f", 20_000);
    emulator.setFaults(
        FaultScript.of(
            FaultRule.on("*").path(share + "/f*").latencyMillis(100).answerLatencyMillis(100),
            FaultRule.on("GetFile").bytesPerSecond(50_000)));
    long begun = System.nanoTime();
    assertThat(wire.get(share + "/f").body()).hasSize(20_000);
    assertThat(System.nanoTime() - begun).isGreaterThan(400_000_000L);
  }

  @Test
  void probabilityIsSeeded() {
    wire.write(share + "/f", "x");
    FaultScript script =
        new FaultScript(7, List.of(FaultRule.on("GetFile").probability(0.5).serverBusy(0)));
    StringBuilder first = new StringBuilder();
    StringBuilder second = new StringBuilder();
    for (StringBuilder run : List.of(first, second)) {
      emulator.setFaults(script);
      for (int i = 0; i < 40; i++) {
        run.append(wire.get(share + "/f").status()).append(' ');
      }
    }
    assertThat(first.toString()).isEqualTo(second.toString()).contains("200").contains("503");
  }

  @Test
  void adminPath() {
    String json =
        "{\"seed\": 1, \"rules\": [{\"operation\": \"GetFile|GetFileProperties\", \"path\": \""
            + share
            + "/*\", \"count\": 1, \"error\": \"ServerBusy\", \"retryAfterSeconds\": 1, \"reset\": \"none\"}]}";
    assertThat(
            wire.plain("PUT", "/_emulator/faults", json.getBytes(StandardCharsets.UTF_8)).status())
        .isEqualTo(200);
    assertThat(wire.plain("GET", "/_emulator/faults", new byte[0]).text()).contains("ServerBusy");
    assertThat(wire.get(share + "/f").outcome()).isEqualTo("503 ServerBusy");
    assertThat(wire.get(share + "/f").outcome()).isEqualTo("404 ResourceNotFound");
    Wire.Answer wrong =
        wire.plain(
            "PUT",
            "/_emulator/faults",
            "{\"rules\": [{\"oops\": 1}]}".getBytes(StandardCharsets.UTF_8));
    assertThat(wrong.status()).isEqualTo(400);
    assertThat(wrong.text()).contains("oops");
    assertThat(wire.plain("DELETE", "/_emulator/faults", new byte[0]).status()).isEqualTo(200);
    assertThat(wire.plain("GET", "/_emulator/nothing", new byte[0]).status()).isEqualTo(404);
  }

  @Test
  void countersAndLog() throws IOException {
    List<String> lines = new CopyOnWriteArrayList<>();
    try (FilesEmulator counted = FilesEmulator.builder().requestLog(lines::add).start()) {
      Wire w = new Wire(counted);
      w.share("counted");
      w.write("counted/f", "hello");
      w.get("counted/f");
      w.get("counted/no");
      w.plain(
          "GET",
          "/devstoreaccount1/counted/f?" + Sas.service("counted", "", "s", "r"),
          new byte[0]);
      assertThat(counted.requestCounts())
          .containsEntry("CreateShare", 1L)
          .containsEntry("CreateFile", 1L)
          .containsEntry("PutRange", 1L)
          .containsEntry("GetFile", 3L);
      assertThat(w.plain("GET", "/_emulator/requests", new byte[0]).text())
          .contains("\"total\":6")
          .contains("\"GetFile\":{\"count\":3,\"errors\":1,\"bytesIn\":0,");
      counted.resetRequestCounts();
      assertThat(counted.requestCounts()).isEmpty();
    }
    assertThat(lines).hasSize(6);
    assertThat(lines.get(2))
        .contains("PUT /devstoreaccount1/counted/f?comp=range PutRange 201")
        .contains("in=5 out=0");
    assertThat(lines.get(5)).contains("sig=***").doesNotContain("%3D");
  }

  @Test
  void scriptsAsFiles(@org.junit.jupiter.api.io.TempDir Path dir) throws IOException {
    Path file = dir.resolve("faults.json");
    FaultScript script =
        FaultScript.of(FaultRule.on("PutRange").probability(0.25).latencyMillis(20).serverBusy(1));
    java.nio.file.Files.writeString(file, script.toJson());
    assertThat(FaultScript.read(file)).isEqualTo(script);
    assertThatThrownBy(() -> FaultScript.parse("[")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> FaultScript.parse("{\"rules\":[{\"probability\":2}]}"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
