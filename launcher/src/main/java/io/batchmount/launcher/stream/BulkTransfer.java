package io.batchmount.launcher.stream;

import com.azure.core.exception.AzureException;
import com.azure.storage.blob.BlobClient;
import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.models.BlobItem;
import com.azure.storage.blob.models.BlobListDetails;
import com.azure.storage.blob.models.BlobStorageException;
import com.azure.storage.blob.models.ListBlobsOptions;
import com.azure.storage.blob.models.ParallelTransferOptions;
import com.azure.storage.blob.options.BlobDownloadToFileOptions;
import com.azure.storage.blob.options.BlobUploadFromFileOptions;
import io.batchmount.launcher.account.StorageAccount;
import io.batchmount.launcher.mount.Volume;
import io.batchmount.launcher.options.ByteSize;
import io.batchmount.launcher.options.UsageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

/**
 * Moves a directory into a container or out of it, many files at a time. A file counts as there
 * when size and time agree, so that an interrupted transfer is gone on with by the same call.
 */
public final class BulkTransfer {
  /** Metadata with the source's time; the blob's own time is that of the upload. */
  private static final String TIME = "batchmount_source_mtime";

  /** As the mounts': a block costs little waiting and little memory. */
  private static final long BLOCK_BYTES = 8L << 20;

  private static final int BLOCKS_AT_A_TIME = 4;

  /** Suffix of a file that is not complete. */
  private static final String PARTIAL = ".batchmount-part";

  private BulkTransfer() {}

  /**
   * What came of it.
   *
   * @param files transferred
   * @param bytes transferred
   * @param skipped files that were there
   * @param problems one sentence for each file that failed
   */
  public record Outcome(long files, long bytes, long skipped, List<String> problems) {
    public Outcome {
      problems = List.copyOf(problems);
    }
  }

  /** {@code CONTAINER[/PREFIX]}. */
  private record Target(String container, String prefix) {
    static Target parse(String text) {
      int slash = text.indexOf('/');
      String container = slash < 0 ? text : text.substring(0, slash);
      String prefix = slash < 0 ? "" : text.substring(slash + 1).replaceAll("^/+|/+$", "");
      if (container.isEmpty()) {
        throw new UsageException("'" + text + "' must be CONTAINER[/PREFIX]");
      }
      return new Target(Volume.Kind.BLOB.requireName(container), prefix);
    }

    String name(String relative) {
      return prefix.isEmpty() ? relative : prefix + "/" + relative;
    }
  }

  /**
   * Uploads a directory, or a file.
   *
   * @param notes told what is no failure and may not be what was meant
   */
  public static Outcome upload(
      StorageAccount account,
      Path source,
      String targetText,
      int parallel,
      Consumer<String> notes,
      Consumer<String> progress)
      throws IOException {
    Target target = Target.parse(targetText);
    if (!Files.exists(source)) {
      throw new UsageException(source + " does not exist");
    }
    BlobContainerClient container = StorageAdmin.container(account, target.container());
    Map<String, BlobItem> present = list(container, target.prefix(), target.container());
    List<Path> files = new ArrayList<>();
    if (Files.isDirectory(source)) {
      try (Stream<Path> walk = Files.walk(source, java.nio.file.FileVisitOption.FOLLOW_LINKS)) {
        walk.filter(Files::isRegularFile).sorted().forEach(files::add);
      } catch (UncheckedIOException e) {
        throw e.getCause();
      }
    } else {
      files.add(source);
    }
    long bytes = 0;
    for (Path file : files) {
      bytes += Files.size(file);
    }
    Work work = new Work(parallel, files.size(), bytes, progress);
    if (files.isEmpty()) {
      // no error: what a job left is uploaded by the same call whether it left something or not
      notes.accept(source + " holds no files; directories are not uploaded by themselves");
    }
    for (Path file : files) {
      String relative =
          Files.isDirectory(source)
              ? source.relativize(file).toString()
              : file.getFileName().toString();
      work.submit(
          file.toString(), moved -> upload(container, file, target.name(relative), present, moved));
    }
    return work.await();
  }

  private static long upload(
      BlobContainerClient container,
      Path file,
      String name,
      Map<String, BlobItem> present,
      LongConsumer moved)
      throws IOException {
    long size = Files.size(file);
    String time = Long.toString(Files.getLastModifiedTime(file).toMillis());
    BlobItem there = present.get(name);
    if (there != null
        && there.getProperties().getContentLength() == size
        && there.getMetadata() != null
        && time.equals(there.getMetadata().get(TIME))) {
      return SKIPPED;
    }
    BlobClient blob = container.getBlobClient(name);
    blob.uploadFromFileWithResponse(
        new BlobUploadFromFileOptions(file.toString())
            .setMetadata(Map.of(TIME, time))
            .setParallelTransferOptions(
                new ParallelTransferOptions()
                    .setBlockSizeLong(BLOCK_BYTES)
                    .setMaxSingleUploadSizeLong(BLOCK_BYTES)
                    .setMaxConcurrency(BLOCKS_AT_A_TIME)
                    .setProgressListener(moved::accept)),
        null,
        null);
    return size;
  }

  /**
   * Downloads a container, one blob, or the blobs below a prefix.
   *
   * @throws UsageException when there is no blob of that name and none below it
   */
  public static Outcome download(
      StorageAccount account,
      String sourceText,
      Path target,
      int parallel,
      Consumer<String> progress)
      throws IOException {
    Target source = Target.parse(sourceText);
    BlobContainerClient container = StorageAdmin.container(account, source.container());
    Map<String, BlobItem> blobs = list(container, source.prefix(), source.container());
    if (blobs.isEmpty() && !source.prefix().isEmpty()) {
      throw new UsageException(
          "container "
              + source.container()
              + " has no blob "
              + source.prefix()
              + " and none below "
              + source.prefix()
              + "/; nothing was downloaded");
    }
    Files.createDirectories(target);
    Path root = target.toAbsolutePath().normalize();
    long bytes =
        blobs.values().stream().mapToLong(item -> item.getProperties().getContentLength()).sum();
    long files = blobs.values().stream().filter(item -> !isDirectory(item)).count();
    Work work = new Work(parallel, files, bytes, progress);
    blobs.forEach(
        (name, item) -> {
          String relative =
              source.prefix().isEmpty()
                  ? name
                  : name.equals(source.prefix())
                      ? name.substring(name.lastIndexOf('/') + 1)
                      : name.substring(source.prefix().length() + 1);
          Path file = root.resolve(relative).normalize();
          boolean marker = isDirectory(item);
          if (!file.startsWith(root) || (file.equals(root) && !marker)) {
            work.fail(name + " would be written outside " + root + "; left out");
          } else if (marker) {
            work.submit(name, moved -> directory(file));
          } else {
            work.submit(name, moved -> download(container, item, file, moved));
          }
        });
    return work.await();
  }

  private static boolean isDirectory(BlobItem item) {
    return item.getName().endsWith("/") || isMarked(item);
  }

  private static boolean isMarked(BlobItem item) {
    return item.getMetadata() != null
        && item.getMetadata().entrySet().stream()
            .anyMatch(
                e ->
                    e.getKey().equalsIgnoreCase("hdi_isfolder")
                        && e.getValue().equalsIgnoreCase("true"));
  }

  private static long directory(Path directory) throws IOException {
    Files.createDirectories(directory);
    return DIRECTORY;
  }

  private static long download(
      BlobContainerClient container, BlobItem item, Path file, LongConsumer moved)
      throws IOException {
    long size = item.getProperties().getContentLength();
    FileTime time = FileTime.from(item.getProperties().getLastModified().toInstant());
    if (Files.isRegularFile(file)
        && Files.size(file) == size
        && Files.getLastModifiedTime(file).toMillis() == time.toMillis()) {
      return SKIPPED;
    }
    Files.createDirectories(file.getParent());
    Path partial = file.resolveSibling(file.getFileName() + PARTIAL);
    container
        .getBlobClient(item.getName())
        .downloadToFileWithResponse(
            new BlobDownloadToFileOptions(partial.toString())
                .setOpenOptions(
                    Set.of(
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE))
                .setParallelTransferOptions(
                    new com.azure.storage.common.ParallelTransferOptions()
                        .setProgressListener(moved::accept)),
            null,
            null);
    Files.setLastModifiedTime(partial, time);
    Files.move(partial, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    return size;
  }

  private static Map<String, BlobItem> list(
      BlobContainerClient container, String prefix, String containerName) throws IOException {
    Map<String, BlobItem> blobs = new HashMap<>();
    try {
      container
          .listBlobs(
              new ListBlobsOptions()
                  .setPrefix(prefix.isEmpty() ? null : prefix)
                  .setDetails(new BlobListDetails().setRetrieveMetadata(true)),
              null)
          .stream()
          // a prefix is a directory here: "data" does not mean "data2"
          .filter(
              item ->
                  prefix.isEmpty()
                      || item.getName().equals(prefix)
                      || item.getName().startsWith(prefix + "/"))
          .forEach(item -> blobs.put(item.getName(), item));
      return blobs;
    } catch (BlobStorageException e) {
      if (e.getStatusCode() == NOT_FOUND) {
        throw new UsageException(
            "container "
                + containerName
                + " does not exist; correct the name, or make it with: batchmount storage create"
                + " blob "
                + containerName,
            e);
      }
      throw new IOException(
          "container " + containerName + " cannot be listed: " + StorageAdmin.reason(e), e);
    } catch (AzureException e) {
      throw new IOException(
          "container " + containerName + " cannot be listed: " + e.getMessage(), e);
    } catch (RuntimeException e) {
      throw new IOException(
          "container "
              + containerName
              + " cannot be reached: "
              + reactor.core.Exceptions.unwrap(e).getMessage(),
          e);
    }
  }

  private static final int NOT_FOUND = 404;

  private static final long SKIPPED = -1;

  /** No file, so it is counted nowhere. */
  private static final long DIRECTORY = -2;

  /** One file. */
  private interface Step {
    /**
     * Bytes transferred, {@link #SKIPPED} or {@link #DIRECTORY}.
     *
     * @param moved told how many bytes have gone so far
     */
    long run(LongConsumer moved) throws IOException;
  }

  /** Steps on some threads, counted. */
  private static final class Work {
    private final ExecutorService pool;
    private final long all;
    private final long allBytes;
    private final Consumer<String> progress;
    private final AtomicLong files = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong skipped = new AtomicLong();
    private final AtomicLong moved = new AtomicLong();
    private final ConcurrentLinkedQueue<String> problems = new ConcurrentLinkedQueue<>();

    Work(int parallel, long all, long allBytes, Consumer<String> progress) {
      if (parallel < 1) {
        throw new UsageException("--parallel must be at least 1");
      }
      this.pool = Executors.newFixedThreadPool(parallel);
      this.all = all;
      this.allBytes = allBytes;
      this.progress = progress;
    }

    void submit(String name, Step step) {
      pool.execute(
          () -> {
            AtomicLong before = new AtomicLong();
            try {
              long count =
                  step.run(
                      now -> {
                        moved.addAndGet(now - before.getAndSet(now));
                        show();
                      });
              if (count == SKIPPED) {
                skipped.incrementAndGet();
              } else if (count != DIRECTORY) {
                files.incrementAndGet();
                bytes.addAndGet(count);
              }
            } catch (IOException | UncheckedIOException e) {
              fail(name + ": " + e.getMessage());
            } catch (BlobStorageException e) {
              fail(name + ": " + StorageAdmin.reason(e));
            } catch (RuntimeException e) {
              fail(name + ": " + reactor.core.Exceptions.unwrap(e).getMessage());
            }
            show();
          });
    }

    private void show() {
      progress.accept(
          (files.get() + skipped.get())
              + " of "
              + all
              + " files, "
              + ByteSize.display(moved.get())
              + " of "
              + ByteSize.display(allBytes));
    }

    void fail(String problem) {
      problems.add(problem);
    }

    Outcome await() throws IOException {
      pool.shutdown();
      try {
        if (!pool.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS)) {
          throw new IOException("the transfer did not end");
        }
      } catch (InterruptedException e) {
        pool.shutdownNow();
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
      return new Outcome(files.get(), bytes.get(), skipped.get(), List.copyOf(problems));
    }
  }
}
