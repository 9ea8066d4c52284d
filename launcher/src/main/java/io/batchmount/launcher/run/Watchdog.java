package io.batchmount.launcher.run;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends what a job still runs when its launcher goes away without a last word: killed with SIGKILL,
 * or out of memory. A small shell process in a session of its own holds the other end of a pipe;
 * when the pipe ends, or the launcher is a zombie, it asks the process groups that it was told of
 * to end, insists after the grace, and removes the containers.
 *
 * <p>A parent-death signal would reach one process of each group only, and is bound to the thread
 * that started it. Thread-safe.
 */
final class Watchdog implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Watchdog.class);

  /**
   * Arguments: pid of the launcher, seconds of grace. {@code read} ends with more than 128 when its
   * time is over. A launcher that was killed while the kernel takes it apart is a zombie whose
   * files are open still: the look at its state is for that.
   */
  private static final String SCRIPT =
      """
      launcher=$1 grace=$2
      declare -A groups containers
      while :; do
        IFS=' ' read -r -t 2 verb what engine; code=$?
        if [ $code -eq 0 ]; then
          case $verb in
            +group) groups[$what]=1 ;;
            -group) unset "groups[$what]" ;;
            +container) containers[$what]=$engine ;;
            -container) unset "containers[$what]" ;;
          esac
          continue
        fi
        [ $code -le 128 ] && break
        read -r stat 2>/dev/null < "/proc/$launcher/stat" || break
        state=${stat##*) }
        case ${state%% *} in Z|X|x) break ;; esac
      done
      for group in "${!groups[@]}"; do kill -s TERM -- "-$group"; done 2>/dev/null
      end=$((SECONDS + grace))
      for group in "${!groups[@]}"; do
        while kill -s 0 -- "-$group" && [ $SECONDS -lt $end ]; do sleep 0.1; done
        kill -s KILL -- "-$group"
      done 2>/dev/null
      for container in "${!containers[@]}"; do
        "${containers[$container]}" rm --force "$container"
      done > /dev/null 2>&1
      """;

  private final Process process;
  private final OutputStream orders;

  private Watchdog(Process process) {
    this.process = process;
    this.orders = process.getOutputStream();
  }

  /**
   * Starts it for this process.
   *
   * @param environment what the container engine finds its settings in
   * @param grace between asking and insisting
   */
  static Watchdog start(Map<String, String> environment, Duration grace) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
                List.of(
                    "setsid",
                    "bash",
                    "-c",
                    SCRIPT,
                    "batchmount-watchdog",
                    Long.toString(ProcessHandle.current().pid()),
                    Long.toString(grace.toSeconds() + 1)))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().clear();
    builder.environment().putAll(environment);
    return new Watchdog(builder.start());
  }

  /** A process group that must not outlive the launcher. */
  void add(long group) {
    order("+group " + group);
  }

  /** The group has ended: its number may soon be another's. */
  void remove(long group) {
    order("-group " + group);
  }

  /**
   * A container that must not outlive the launcher.
   *
   * @param engine the program that removes it
   */
  void addContainer(String name, String engine) {
    order("+container " + name + " " + engine);
  }

  /** The container is removed. */
  void removeContainer(String name) {
    order("-container " + name);
  }

  private synchronized void order(String line) {
    try {
      orders.write((line + "\n").getBytes(StandardCharsets.UTF_8));
      orders.flush();
    } catch (IOException e) {
      // somebody killed it: the job goes on without, and the next start cleans up the mounts
      LOG.warn("the watchdog of this job is gone: {}", e.getMessage());
    }
  }

  /** The process that watches. */
  Process process() {
    return process;
  }

  /** Tells it that this launcher ends in order; what it still knows of is ended. */
  @Override
  public void close() {
    try {
      orders.close();
    } catch (IOException e) {
      LOG.debug("the watchdog had ended: {}", e.getMessage());
    }
  }
}
