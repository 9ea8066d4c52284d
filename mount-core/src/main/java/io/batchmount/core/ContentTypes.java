package io.batchmount.core;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Media types by suffix of a name (IANA registry where there is one), for programs that read what
 * is stored over HTTP. A table of our own, so that the result does not depend on the machine; no
 * character set is claimed that nobody looked at.
 */
public final class ContentTypes {
  private static final Map<String, String> BY_SUFFIX =
      Map.ofEntries(
          Map.entry("txt", "text/plain"),
          Map.entry("log", "text/plain"),
          Map.entry("out", "text/plain"),
          Map.entry("err", "text/plain"),
          Map.entry("md", "text/markdown"),
          Map.entry("csv", "text/csv"),
          Map.entry("tsv", "text/tab-separated-values"),
          Map.entry("html", "text/html"),
          Map.entry("htm", "text/html"),
          Map.entry("css", "text/css"),
          Map.entry("js", "text/javascript"),
          Map.entry("json", "application/json"),
          Map.entry("jsonl", "application/jsonl"),
          Map.entry("ndjson", "application/x-ndjson"),
          Map.entry("ipynb", "application/x-ipynb+json"),
          Map.entry("xml", "application/xml"),
          Map.entry("yaml", "application/yaml"),
          Map.entry("yml", "application/yaml"),
          Map.entry("pdf", "application/pdf"),
          Map.entry("zip", "application/zip"),
          Map.entry("gz", "application/gzip"),
          Map.entry("tgz", "application/gzip"),
          Map.entry("bz2", "application/x-bzip2"),
          Map.entry("xz", "application/x-xz"),
          Map.entry("zst", "application/zstd"),
          Map.entry("tar", "application/x-tar"),
          Map.entry("png", "image/png"),
          Map.entry("jpg", "image/jpeg"),
          Map.entry("jpeg", "image/jpeg"),
          Map.entry("gif", "image/gif"),
          Map.entry("webp", "image/webp"),
          Map.entry("svg", "image/svg+xml"),
          Map.entry("bmp", "image/bmp"),
          Map.entry("tif", "image/tiff"),
          Map.entry("tiff", "image/tiff"),
          Map.entry("mp3", "audio/mpeg"),
          Map.entry("wav", "audio/wav"),
          Map.entry("flac", "audio/flac"),
          Map.entry("ogg", "audio/ogg"),
          Map.entry("mp4", "video/mp4"),
          Map.entry("webm", "video/webm"),
          Map.entry("avi", "video/x-msvideo"),
          Map.entry("parquet", "application/vnd.apache.parquet"),
          Map.entry("sqlite", "application/vnd.sqlite3"),
          Map.entry("wasm", "application/wasm"));

  private ContentTypes() {}

  /** The type of a path's suffix, if it is a known one. */
  public static Optional<String> ofName(String path) {
    int dot = path.lastIndexOf('.');
    return dot < 0 || path.indexOf('/', dot) >= 0
        ? Optional.empty()
        : Optional.ofNullable(BY_SUFFIX.get(path.substring(dot + 1).toLowerCase(Locale.ROOT)));
  }
}
