package io.batchmount.launcher.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.PatternLayout;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import ch.qos.logback.core.rolling.FixedWindowRollingPolicy;
import ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy;
import ch.qos.logback.core.util.FileSize;
import io.batchmount.launcher.account.Redaction;
import io.batchmount.launcher.options.GlobalOptions.LogLevel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import org.slf4j.LoggerFactory;

/**
 * Sets logging up in code: reading an XML configuration would cost every start a tenth of a second.
 * All text passes {@link Redaction}.
 */
public final class Logging {
  /** A log file is set aside at this size. */
  static final long FILE_BYTES = 10L << 20;

  /** Files kept in all, the current one included: 100 MiB a mount at most. */
  static final int FILES = 10;

  private static final String PATTERN =
      "%d{yyyy-MM-dd'T'HH:mm:ss.SSS'Z',UTC} %-5level [%thread] %logger{0}: %msg%n%ex";

  private Logging() {}

  /** Before a command has said otherwise: only warnings, on standard error. */
  static void quiet() {
    ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
    appender.setTarget("System.err");
    install(appender, "batchmount: %msg%n", Level.WARN);
  }

  /** Logs to standard error. */
  public static void toStderr(LogLevel level) {
    ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
    appender.setTarget("System.err");
    install(appender, PATTERN, level(level));
  }

  /** Logs to the system's log through {@code logger(1)}. */
  public static void toSyslog(LogLevel level) {
    install(new SyslogCommandAppender(), "%logger{0}: %msg%n%ex", level(level));
  }

  /** Logs to a rotated file of mode 0600. */
  public static void toFile(Path file, LogLevel level) {
    LoggerContext context = context();
    PrivateFileAppender appender = new PrivateFileAppender();
    appender.setContext(context);
    appender.setFile(file.toString());
    FixedWindowRollingPolicy rolling = new FixedWindowRollingPolicy();
    rolling.setContext(context);
    rolling.setParent(appender);
    rolling.setFileNamePattern(file + ".%i");
    rolling.setMinIndex(1);
    rolling.setMaxIndex(FILES - 1);
    rolling.start();
    SizeBasedTriggeringPolicy<ILoggingEvent> trigger = new SizeBasedTriggeringPolicy<>();
    trigger.setContext(context);
    trigger.setMaxFileSize(new FileSize(FILE_BYTES));
    trigger.start();
    appender.setRollingPolicy(rolling);
    appender.setTriggeringPolicy(trigger);
    install(appender, PATTERN, level(level));
  }

  private static void install(Appender<ILoggingEvent> appender, String pattern, Level level) {
    LoggerContext context = context();
    appender.setContext(context);
    LayoutWrappingEncoder<ILoggingEvent> encoder = encoder(context, pattern);
    if (appender instanceof ch.qos.logback.core.OutputStreamAppender<ILoggingEvent> stream) {
      stream.setEncoder(encoder);
    } else if (appender instanceof SyslogCommandAppender syslog) {
      syslog.setLayout(encoder.getLayout());
    }
    appender.start();
    Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.detachAndStopAllAppenders();
    root.addAppender(appender);
    root.setLevel(Level.WARN);
    context.getLogger("io.batchmount").setLevel(level);
    // the SDK logs each failed try as an error, with stack traces; we report what came of them
    Level foreign = level.toInt() <= Level.DEBUG_INT ? Level.INFO : Level.OFF;
    for (String noisy : new String[] {"com.azure", "reactor", "io.netty", "com.microsoft"}) {
      context.getLogger(noisy).setLevel(foreign);
    }
  }

  private static LayoutWrappingEncoder<ILoggingEvent> encoder(
      LoggerContext context, String pattern) {
    RedactingLayout layout = new RedactingLayout();
    layout.setContext(context);
    layout.setPattern(pattern);
    layout.start();
    LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
    encoder.setContext(context);
    encoder.setCharset(StandardCharsets.UTF_8);
    encoder.setLayout(layout);
    encoder.start();
    return encoder;
  }

  private static LoggerContext context() {
    return (LoggerContext) LoggerFactory.getILoggerFactory();
  }

  private static Level level(LogLevel level) {
    return Level.toLevel(level.name().toUpperCase(Locale.ROOT));
  }

  private static final class RedactingLayout extends PatternLayout {
    @Override
    public String doLayout(ILoggingEvent event) {
      return Redaction.redact(super.doLayout(event));
    }
  }
}
