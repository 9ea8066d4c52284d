package io.batchmount.launcher.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.Layout;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * The system's log through {@code logger(1)}: it speaks to {@code /dev/log}, a datagram socket that
 * Java cannot open.
 */
final class SyslogCommandAppender extends AppenderBase<ILoggingEvent> {
  private static final int DAEMON_FACILITY = 3 << 3; // syslog.h: LOG_DAEMON

  private Layout<ILoggingEvent> layout;
  private Process logger;
  private OutputStream pipe;

  void setLayout(Layout<ILoggingEvent> layout) {
    this.layout = layout;
  }

  @Override
  public void start() {
    try {
      logger =
          new ProcessBuilder(
                  "logger",
                  "--id=" + ProcessHandle.current().pid(),
                  "--prio-prefix",
                  "-t",
                  "batchmount")
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      pipe = logger.getOutputStream();
      super.start();
    } catch (IOException e) {
      addError("logger(1) cannot be started", e);
    }
  }

  @Override
  protected void append(ILoggingEvent event) {
    StringBuilder text = new StringBuilder();
    layout
        .doLayout(event)
        .lines()
        .forEach(
            line ->
                text.append('<')
                    .append(DAEMON_FACILITY | severity(event))
                    .append('>')
                    .append(line)
                    .append('\n'));
    try {
      pipe.write(text.toString().getBytes(StandardCharsets.UTF_8));
      pipe.flush();
    } catch (IOException e) {
      addError("the system's log does not take lines any more", e);
    }
  }

  @Override
  public void stop() {
    super.stop();
    try {
      if (pipe != null) {
        pipe.close();
      }
    } catch (IOException e) {
      addError("logger(1) was gone already", e);
    }
  }

  private static int severity(ILoggingEvent event) {
    int level = event.getLevel().toInt();
    if (level >= Level.ERROR_INT) {
      return 3;
    }
    if (level >= Level.WARN_INT) {
      return 4;
    }
    return level >= Level.INFO_INT ? 6 : 7;
  }
}
