package io.batchmount.launcher.outputs;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Uploads the output files of one job.
 *
 * <p>Order of calls: {@link #commandStarted} once when the command's process runs; {@link
 * #terminationRequested} at the first SIGTERM or SIGINT; {@link #commandEnded} once when the
 * process has ended and before anything is unmounted; {@link #close} in any case, also when the
 * command never started, in which case nothing is uploaded and no log is made.
 *
 * <p>{@link #terminationRequested} and {@link #cancel} may be called from any thread and return at
 * once; the others belong to one thread.
 *
 * <pre>{@code
 * List<OutputFile> files = OutputFilesReader.read(Path.of("output-files.json"));
 * JobContext context = new JobContext(taskDirectory, workingDirectory, System.getenv(), Set.of());
 * try (OutputFilesPhase phase =
 *     OutputFilesPhase.open(files, context, UploadOptions.defaults(), DestinationAccess.sasOnly(),
 *         UploadListener.NONE)) {
 *   phase.commandStarted();
 *   int exitCode = run();
 *   phase.commandEnded(exitCode).failure().ifPresent(System.err::println);
 * }
 * }</pre>
 */
public final class OutputFilesPhase implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(OutputFilesPhase.class);

  /**
   * Time for the uploads of a job that was asked to end or reached its time limit, where no limit
   * is set: whoever asked waits, but hours of work should not be lost to haste.
   */
  private static final Duration TIME_AFTER_TERMINATION = Duration.ofMinutes(10);

  /** Exit code of a job that reached its time limit. */
  private static final int TIME_LIMIT_CODE = 124;

  private final List<OutputFile> definitions;
  private final JobContext context;
  private final UploadOptions options;
  private final UploadListener listener;
  private final EntryPlan plan;
  private final Optional<UploadJournal> journal;
  private final UploadEngine engine;
  private final ReentrantLock uploading = new ReentrantLock(); // one set of files at a time
  private final Map<String, FileVersion> storedWhileRunning = new ConcurrentHashMap<>();
  private Optional<ScheduledExecutorService> timer = Optional.empty(); // guarded by this
  private boolean ended; // guarded by this
  private boolean termination; // guarded by this

  private OutputFilesPhase(
      List<OutputFile> definitions,
      JobContext context,
      UploadOptions options,
      DestinationAccess access,
      UploadListener listener,
      Optional<UploadJournal> journal) {
    this.definitions = List.copyOf(definitions);
    this.context = context;
    this.options = options;
    this.listener = listener;
    this.plan = new EntryPlan(context, new TargetFactory(access, options));
    this.journal = journal;
    this.engine = new UploadEngine(options, listener, journal);
  }

  /**
   * Makes ready; asks nothing of storage.
   *
   * @param definitions entries in their order
   * @param context the task
   * @param options how files are transferred
   * @param access credentials of destinations without a SAS
   * @param listener told of progress
   * @throws OutputFileException if an upload is to be taken up and the journal cannot be used
   */
  public static OutputFilesPhase open(
      List<OutputFile> definitions,
      JobContext context,
      UploadOptions options,
      DestinationAccess access,
      UploadListener listener) {
    Optional<UploadJournal> journal = Optional.empty();
    if (options.journal().isPresent()) {
      try {
        journal = Optional.of(UploadJournal.open(options.journal().get(), options.resume()));
      } catch (IOException e) {
        if (options.resume()) {
          throw new OutputFileException("the upload journal cannot be used: " + e.getMessage(), e);
        }
        // the outputs count more than the chance to take the upload up later
        LOG.warn("this upload cannot be taken up after an interruption: {}", e.toString());
      }
    }
    return new OutputFilesPhase(definitions, context, options, access, listener, journal);
  }

  /**
   * What can be known to be wrong before hours of work, without asking storage: malformed
   * addresses, missing credentials, a SAS that has ended, ends within {@code outlast} or does not
   * permit writing.
   *
   * @param definitions entries in their order
   * @param access credentials of destinations without a SAS
   * @param outlast how long the job may take; zero where that is not known
   * @return sentences that name the entry; none holds a secret
   */
  public static List<String> warnings(
      List<OutputFile> definitions, DestinationAccess access, Duration outlast) {
    TargetFactory targets = new TargetFactory(access, UploadOptions.defaults());
    List<String> warnings = new ArrayList<>();
    for (int i = 0; i < definitions.size(); i++) {
      OutputDestination destination = definitions.get(i).destination();
      String prefix = "outputFiles[" + i + "]: ";
      try {
        targets.targetOf(destination);
        SasCheck.problemOf(destination, Instant.now(), outlast)
            .ifPresent(problem -> warnings.add(prefix + problem));
      } catch (DestinationAccessException | IllegalArgumentException e) {
        warnings.add(prefix + SecretText.blank(String.valueOf(e.getMessage())));
      }
    }
    return warnings;
  }

  /**
   * Where the journal of an upload lies, so that a later upload of the same definitions from the
   * same directory finds it again.
   *
   * @param stateDirectory of the program
   * @param workingDirectory where relative patterns start
   */
  public static Path journalOf(
      Path stateDirectory, List<OutputFile> definitions, Path workingDirectory) {
    // the texts of entries hold no signature
    String identity = workingDirectory.toAbsolutePath() + "\n" + definitions;
    UUID name = UUID.nameUUIDFromBytes(identity.getBytes(StandardCharsets.UTF_8));
    return stateDirectory.resolve("uploads").resolve(name + ".jsonl");
  }

  /**
   * One line of a dry run.
   *
   * @param file the local file
   * @param destination address of the container or share without its query
   * @param name what it would be stored as
   */
  public record Planned(Path file, String destination, String name) {}

  /**
   * What would be uploaded after a command that ended so; nothing is sent and no log is made.
   *
   * @param problems told of files and entries that would fail before they are sent
   */
  public List<Planned> plan(int exitCode, java.util.function.Consumer<UploadError> problems) {
    List<Planned> planned = new ArrayList<>();
    for (EntryPlan.Resolved entry : resolved(entry -> entry.condition().holdsAfter(exitCode))) {
      EntryPlan.Matched matched = plan.match(entry);
      matched.errors().forEach(problems);
      for (FileTask task : matched.tasks()) {
        planned.add(new Planned(task.file(), task.target().display(), task.name()));
      }
    }
    return planned;
  }

  /** The command runs: uploads at intervals begin, where they are switched on. */
  public synchronized void commandStarted() {
    boolean any = definitions.stream().anyMatch(this::isUploadedWhileRunning);
    if (!any || timer.isPresent() || ended) {
      return;
    }
    ScheduledExecutorService made =
        Executors.newSingleThreadScheduledExecutor(
            body -> {
              Thread thread = new Thread(body, "upload-while-running");
              thread.setDaemon(true);
              return thread;
            });
    long millis = options.uploadEvery().orElse(UploadOptions.DEFAULT_INTERVAL).toMillis();
    made.scheduleWithFixedDelay(
        this::uploadChanged, millis, Math.max(1, millis), TimeUnit.MILLISECONDS);
    timer = Optional.of(made);
  }

  /**
   * The job was asked to end, and the node may be gone soon: what is uploaded while the command
   * runs is uploaded now, in the background.
   */
  public synchronized void terminationRequested() {
    termination = true;
    timer.filter(running -> !ended).ifPresent(running -> running.execute(this::uploadChanged));
  }

  /** Whether an entry goes up at intervals: only what is sure to be uploaded in the end. */
  private boolean isUploadedWhileRunning(OutputFile definition) {
    return definition.condition() == UploadCondition.WHILE_RUNNING
        || (options.uploadEvery().isPresent()
            && definition.condition() == UploadCondition.TASK_COMPLETION);
  }

  private void uploadChanged() {
    if (!uploading.tryLock()) {
      return; // the end has come, it uploads all
    }
    try {
      List<FileTask> changed = new ArrayList<>();
      for (EntryPlan.Resolved entry : resolved(this::isUploadedWhileRunning)) {
        EntryPlan.Matched matched = plan.match(entry);
        matched.errors().forEach(error -> LOG.warn("upload while running: {}", error.message()));
        matched.tasks().stream().filter(this::isChanged).forEach(changed::add);
      }
      if (!changed.isEmpty()) {
        Gathering gathering = new Gathering(Optional.empty());
        engine.upload(changed, gathering, Optional.empty());
        LOG.debug("uploaded {} changed files while running", gathering.stored.size());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      // the timer must go on; whatever it was shows again at the end
      LOG.warn("upload while running failed: {}", context.blanked(String.valueOf(e.getMessage())));
    } finally {
      uploading.unlock();
    }
  }

  private boolean isChanged(FileTask task) {
    FileVersion stored = storedWhileRunning.get(key(task));
    if (stored == null) {
      return true;
    }
    try {
      return !stored.equals(FileVersion.of(task.file()));
    } catch (IOException e) {
      return true; // the upload will tell what is wrong
    }
  }

  private static String key(FileTask task) {
    return task.place() + "\n" + task.file();
  }

  /**
   * The command has ended: uploads the files of all entries whose condition holds, and returns when
   * all were tried. Does not throw for files that fail.
   *
   * @param exitCode of the command; for a signal n it is 128+n, for a time limit 124; only 0 is
   *     success. Codes 126 and 127 of a shell are ordinary exit codes
   */
  public PhaseResult commandEnded(int exitCode) {
    Optional<Duration> limit;
    synchronized (this) {
      if (ended) {
        throw new IllegalStateException("the command can end only once");
      }
      ended = true;
      boolean hurried = termination || exitCode == TIME_LIMIT_CODE;
      limit =
          options
              .timeLimit()
              .or(() -> hurried ? Optional.of(TIME_AFTER_TERMINATION) : Optional.empty());
      timer.ifPresent(ScheduledExecutorService::shutdown);
    }
    if (definitions.isEmpty()) {
      return new PhaseResult(List.of(), List.of(), Failures.of(exitCode, List.of()));
    }
    Optional<Long> deadline = limit.map(time -> System.nanoTime() + time.toNanos());
    uploading.lock();
    try (UploadLog log = UploadLog.begin(context.taskDirectory(), context::blanked)) {
      limit.ifPresent(
          time -> log.info("files that are not stored after " + time + " are given up"));
      return run(exitCode, log, deadline);
    } finally {
      uploading.unlock();
    }
  }

  private PhaseResult run(int exitCode, UploadLog log, Optional<Long> deadline) {
    long start = System.nanoTime();
    Gathering gathering = new Gathering(Optional.of(log));
    List<EntryPlan.Resolved> entries = resolved(entry -> entry.condition().holdsAfter(exitCode));
    entries.forEach(entry -> describe(entry, log));
    List<FileTask> tasks = new ArrayList<>();
    Set<String> places = new HashSet<>();
    for (EntryPlan.Resolved entry : entries) {
      log.info("entry " + entry.index() + ": start of pattern " + entry.definition().filePattern());
      EntryPlan.Matched matched = plan.match(entry);
      log.info(
          "entry "
              + entry.index()
              + ": "
              + matched.tasks().size()
              + " files"
              + matched.base().map(base -> " below " + base).orElse(""));
      matched.errors().forEach(gathering::note);
      for (FileTask task : matched.tasks()) {
        if (!places.add(task.place())) {
          log.warning(
              "several files go to "
                  + task.target().display()
                  + "/"
                  + task.name()
                  + "; the last one stays: "
                  + task.file());
        }
        if (isUploadedWhileRunning(entry.definition()) && !isChanged(task)) {
          gathering.unchanged(task);
        } else {
          tasks.add(task);
        }
      }
    }
    listener.started(tasks.size(), bytesOf(tasks));
    try {
      engine.upload(tasks, gathering, deadline);
    } catch (InterruptedException e) {
      engine.cancel();
      Thread.currentThread().interrupt();
    }
    PhaseResult result = gathering.result(exitCode);
    result.errors().stream().findFirst().ifPresent(log::firstError);
    log.info(
        String.format(
            Locale.ROOT,
            "end of the upload phase: %d files stored, %d errors, %s s",
            result.uploaded().size(),
            result.errors().size(),
            seconds(System.nanoTime() - start)));
    finishJournal(result);
    return result;
  }

  private void finishJournal(PhaseResult result) {
    if (journal.isPresent() && result.isSaved()) {
      try {
        journal.get().finish();
      } catch (IOException e) {
        LOG.warn("the upload journal cannot be removed: {}", e.toString());
      }
    }
  }

  private List<EntryPlan.Resolved> resolved(java.util.function.Predicate<OutputFile> wanted) {
    List<EntryPlan.Resolved> entries = new ArrayList<>();
    for (int i = 0; i < definitions.size(); i++) {
      if (wanted.test(definitions.get(i))) {
        entries.add(plan.resolve(i, definitions.get(i)));
      }
    }
    return entries;
  }

  private static void describe(EntryPlan.Resolved entry, UploadLog log) {
    log.info(
        "entry "
            + entry.index()
            + ": base path "
            + entry.pattern().map(pattern -> pattern.base().normalize().toString()).orElse("-")
            + ", full pattern "
            + entry.pattern().map(FilePattern::full).orElse("-")
            + ", original pattern "
            + entry.definition().filePattern()
            + ", destination "
            + entry.definition().destination().url()
            + ", destination path "
            + entry.definition().destination().path().orElse("-")
            + ", condition "
            + entry.definition().condition().wireName());
  }

  private static long bytesOf(List<FileTask> tasks) {
    return tasks.stream().mapToLong(task -> task.file().toFile().length()).sum();
  }

  /** To the millisecond; written for each file, so without a formatter. */
  private static String seconds(long nanos) {
    return BigDecimal.valueOf(TimeUnit.NANOSECONDS.toMillis(nanos), 3).toPlainString();
  }

  /**
   * Gives up the uploads that run or wait; they become errors of their files ({@code
   * FileUploadTimedOut}). For a second request to end.
   */
  public void cancel() {
    engine.cancel();
  }

  /** Ends background work and gives resources back. Throws nothing. */
  @Override
  public synchronized void close() {
    ended = true;
    timer.ifPresent(ScheduledExecutorService::shutdownNow);
    engine.close();
    if (journal.isPresent()) {
      try {
        journal.get().close();
      } catch (IOException e) {
        LOG.warn("the upload journal cannot be closed: {}", e.toString());
      }
    }
  }

  /** Gathers what becomes of the files of one set. */
  private final class Gathering implements UploadEngine.Observer {
    private final Optional<UploadLog> log;
    private final ConcurrentLinkedQueue<Placed<UploadedFile>> stored =
        new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<UploadError> errors = new ConcurrentLinkedQueue<>();

    Gathering(Optional<UploadLog> log) {
      this.log = log;
    }

    @Override
    public void starting(FileTask task) {
      log.ifPresent(
          to ->
              to.info(
                  "uploading "
                      + task.file()
                      + " to container "
                      + task.target().display()
                      + " as blob "
                      + task.name()));
    }

    @Override
    public void stored(FileTask task, FileUploader.Stored done, long nanos) {
      storedWhileRunning.put(key(task), done.version());
      stored.add(new Placed<>(task.entry(), task.name(), done.file()));
      log.ifPresent(
          to ->
              to.info(
                  (done.file().skipped() ? "was stored before: " : "uploaded ")
                      + task.file()
                      + ", "
                      + done.file().bytes()
                      + " bytes in "
                      + seconds(nanos)
                      + " s"));
      listener.stored(done.file());
    }

    void unchanged(FileTask task) {
      long size = task.file().toFile().length();
      UploadedFile file =
          new UploadedFile(task.file(), task.target().display(), task.name(), size, true);
      stored.add(new Placed<>(task.entry(), task.name(), file));
      log.ifPresent(to -> to.info("unchanged since it was uploaded: " + task.file()));
    }

    @Override
    public void failed(FileTask task, Throwable thrown) {
      ErrorClassifier.Classified kind =
          thrown instanceof CancelledUploadException
              ? new ErrorClassifier.Classified(
                  UploadCode.TIMED_OUT, "UnknownError", false, "given up: no time was left")
              : ErrorClassifier.classify(thrown);
      note(
          new UploadError(
              kind.code(),
              kind.innerCode(),
              kind.userFault(),
              task.entry(),
              task.pattern(),
              Optional.of(task.file()),
              task.target().display(),
              context.blanked("uploading " + task.file() + ": " + kind.message())));
    }

    void note(UploadError error) {
      errors.add(error);
      log.ifPresent(to -> to.error(error));
      if (log.isEmpty()) {
        LOG.warn("{}", error.message());
      }
      listener.failed(error);
    }

    PhaseResult result(int exitCode) {
      List<UploadError> inOrder =
          errors.stream()
              .sorted(
                  Comparator.comparingInt(UploadError::entry)
                      .thenComparing(error -> error.file().map(Path::toString).orElse("")))
              .toList();
      List<UploadedFile> files =
          stored.stream()
              .sorted(
                  Comparator.comparingInt((Placed<UploadedFile> p) -> p.entry())
                      .thenComparing(Placed::name))
              .map(Placed::what)
              .toList();
      return new PhaseResult(files, inOrder, Failures.of(exitCode, inOrder));
    }
  }

  private record Placed<T>(int entry, String name, T what) {}
}
