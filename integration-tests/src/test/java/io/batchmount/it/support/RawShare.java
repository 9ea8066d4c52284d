package io.batchmount.it.support;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;

/**
 * A share by requests of its own, for what neither a mount nor the SDK's client (which drops the
 * port of a path-style address) can do.
 */
public final class RawShare {
  private static final int PUT_BYTES = 4 << 20; // the most that one Put Range takes
  private static final int PIECE_BYTES = 64 << 20;

  private final HttpClient client = HttpClient.newHttpClient();
  private final String name;

  private RawShare(String name) {
    this.name = name;
  }

  /** Makes a share with a quota in GiB. */
  public static RawShare create(String name, int quotaGib) throws Exception {
    RawShare share = new RawShare(name);
    share.put("?restype=share", new byte[0], "x-ms-share-quota", Integer.toString(quotaGib));
    return share;
  }

  /**
   * Fills files with bytes that count as used: one is sent, the others are copies that the service
   * makes.
   */
  public void fill(long bytes) throws Exception {
    file("/fill", PIECE_BYTES);
    byte[] piece = new byte[PUT_BYTES];
    for (long at = 0; at < PIECE_BYTES; at += PUT_BYTES) {
      range("/fill", at, piece);
    }
    long left = bytes - PIECE_BYTES;
    for (int i = 0; left >= PIECE_BYTES; i++, left -= PIECE_BYTES) {
      put(
          "/fill" + i,
          new byte[0],
          "x-ms-copy-source",
          Storage.fileEndpoint() + "/" + name + "/fill");
    }
    file("/rest", left);
    for (long at = 0; at < left; at += PUT_BYTES) {
      range("/rest", at, new byte[(int) Math.min(PUT_BYTES, left - at)]);
    }
  }

  private void file(String path, long size) throws Exception {
    put(path, new byte[0], "x-ms-type", "file", "x-ms-content-length", Long.toString(size));
  }

  private void range(String path, long at, byte[] content) throws Exception {
    put(
        path + "?comp=range",
        content,
        "x-ms-write",
        "update",
        "x-ms-range",
        "bytes=" + at + "-" + (at + content.length - 1));
  }

  private void put(String pathAndQuery, byte[] body, String... headers) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create(
                    Storage.fileEndpoint()
                        + "/"
                        + name
                        + pathAndQuery
                        + (pathAndQuery.contains("?") ? "&" : "?")
                        + Signatures.account("rwdlc")))
            .header("x-ms-version", "2023-11-03")
            .headers(headers)
            .PUT(BodyPublishers.ofByteArray(body))
            .build();
    HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
    if (answer.statusCode() >= 300) {
      throw new IOException(
          "PUT " + name + pathAndQuery + ": " + answer.statusCode() + " " + answer.body());
    }
  }
}
