package io.batchmount.launcher.outputs;

/**
 * What the launcher of a job calls for the job's output files.
 *
 * <p>Order of calls: {@link #commandStarted} once when the command's process runs; {@link
 * #terminationRequested} at the first SIGTERM or SIGINT; {@link #commandEnded} once when the
 * process has ended and before anything is unmounted; {@link #close} in any case, also when the
 * command never started, in which case nothing is uploaded and no log is made.
 *
 * <p>{@link #terminationRequested} and {@link #cancel} may be called from any thread and return at
 * once; the others belong to one thread.
 */
public interface JobOutputsPhase extends AutoCloseable {
  /** The command runs: uploads at intervals begin, where they are switched on. */
  void commandStarted();

  /**
   * The job was asked to end, and the node may be gone soon: what is uploaded while the command
   * runs is uploaded now, in the background.
   */
  void terminationRequested();

  /**
   * The command has ended: uploads the files of all entries whose condition holds, and returns when
   * all were tried. Does not throw for files that fail.
   *
   * @param exitCode of the command; for a signal n it is 128+n, for a time limit 124; only 0 is
   *     success. Codes 126 and 127 of a shell are ordinary exit codes
   */
  PhaseResult commandEnded(int exitCode);

  /**
   * Gives up the uploads that run or wait; they become errors of their files ({@code
   * FileUploadTimedOut}). For a second request to end.
   */
  void cancel();

  /** Ends background work and gives resources back. Throws nothing. */
  @Override
  void close();
}
