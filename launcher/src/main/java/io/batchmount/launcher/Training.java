package io.batchmount.launcher;

import io.batchmount.emulator.files.FilesEmulator;
import io.batchmount.launcher.cli.Cli;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A training run for class data: does once, against servers of its own, what most starts do, so
 * that the JVM can note which classes that needs. Nothing of the user's is read or written. Without
 * FUSE the job stops at the mount, which is most of it.
 */
public final class Training {
  /** The emulators' well-known account; nothing outside this process ever sees it. */
  private static final String ACCOUNT = "devstoreaccount1";

  private static final String KEY =
      "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

  private static final String SHARE = "training";

  private static final int LARGEST_REQUEST = 64 << 10;

  private static final String EMPTY_CONTAINER =
      "<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults><Blobs></Blobs>"
          + "<NextMarker></NextMarker></EnumerationResults>";

  private Training() {}

  /**
   * @param arguments a directory that does not exist; the caller removes it
   */
  public static void main(String[] arguments) throws IOException {
    Path work = Files.createDirectories(Path.of(arguments[0]));
    try (FilesEmulator files = FilesEmulator.builder().port(0).inMemory().start();
        ServerSocket blobs = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      Thread server = new Thread(() -> serve(blobs), "training-blobs");
      server.setDaemon(true);
      server.start();
      Map<String, String> environment = new HashMap<>(System.getenv());
      environment
          .keySet()
          .removeIf(name -> name.startsWith("AZ") || name.startsWith("BATCHMOUNT_"));
      environment.put("BATCHMOUNT_STATE_DIR", work.resolve("state").toString());
      environment.put(
          "BATCHMOUNT_CONFIG", Files.createFile(work.resolve("config.yaml")).toString());
      environment.put("XDG_CACHE_HOME", work.resolve("cache").toString());
      environment.put("AZURE_STORAGE_ACCOUNT", ACCOUNT);
      environment.put("AZURE_STORAGE_ACCESS_KEY", KEY);
      environment.put("AZURE_STORAGE_FILE_ENDPOINT", files.endpoint().toString());
      environment.put(
          "AZURE_STORAGE_BLOB_ENDPOINT",
          "http://127.0.0.1:" + blobs.getLocalPort() + "/" + ACCOUNT);
      command(environment, "storage", "create", "files", SHARE);
      Path job = Files.writeString(work.resolve("job.json"), job());
      command(
          environment,
          "run",
          "-f",
          job.toString(),
          "--mount-root",
          work.resolve("mounts").toString(),
          "--connect-timeout",
          "10s",
          "--",
          "true");
    }
    // threads of clients and servers are not all daemons
    System.exit(0);
  }

  private static String job() {
    return """
        {"nodeCount": 1, "stdOutErrPathPrefix": "$AZ_BATCHAI_JOB_MOUNT_ROOT/out",
         "mountVolumes": {
           "azureFileShares": [{"azureFileUrl": "https://%1$s.file.core.windows.net/%2$s",
             "relativeMountPath": "out"}],
           "azureBlobFileSystems": [{"accountName": "%1$s", "containerName": "%2$s",
             "relativeMountPath": "in"}]},
         "customToolkitSettings": {"commandLine": "true"}}
        """
        .formatted(ACCOUNT, SHARE);
  }

  private static void command(Map<String, String> environment, String... arguments) {
    // what it says is of no interest, and neither is whether it succeeds
    PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
    int code = new Cli(environment, nowhere, nowhere).run(List.of(arguments));
    System.out.println(arguments[0] + " ended with " + code);
  }

  /** Answers each request as an empty container does. */
  private static void serve(ServerSocket server) {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        Thread thread = new Thread(() -> answer(client), "training-blob");
        thread.setDaemon(true);
        thread.start();
      } catch (IOException e) {
        return; // closed at the end of the training
      }
    }
  }

  private static void answer(Socket client) {
    try (client) {
      InputStream in = client.getInputStream();
      while (readHead(in)) {
        byte[] body = EMPTY_CONTAINER.getBytes(StandardCharsets.UTF_8);
        String head =
            "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nx-ms-version: 2025-11-05\r\n"
                + "Content-Length: "
                + body.length
                + "\r\n\r\n";
        OutputStream out = client.getOutputStream();
        out.write(head.getBytes(StandardCharsets.US_ASCII));
        out.write(body);
        out.flush();
      }
    } catch (IOException e) {
      System.out.println("the client has gone: " + e.getMessage());
    }
  }

  /** Reads up to the empty line; requests of an empty container have no body. */
  private static boolean readHead(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    for (int next = in.read(); next >= 0 && head.size() < LARGEST_REQUEST; next = in.read()) {
      head.write(next);
      if (head.toString(StandardCharsets.US_ASCII).endsWith("\r\n\r\n")) {
        return true;
      }
    }
    return false;
  }
}
