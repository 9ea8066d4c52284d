package io.batchmount.launcher.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringWriter;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example program compiles and does what it says. */
class JavaApiExampleTest {
  @TempDir Path classes;

  @Test
  void exampleCompilesAndPlansItsJob() throws Exception {
    Path source = example();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter messages = new StringWriter();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      boolean compiled =
          compiler
              .getTask(
                  messages,
                  files,
                  null,
                  List.of(
                      "-proc:none",
                      "-d",
                      classes.toString(),
                      "-cp",
                      System.getProperty("java.class.path")),
                  null,
                  files.getJavaFileObjects(source))
              .call();
      assertThat(compiled).as(messages.toString()).isTrue();
    }
    try (URLClassLoader loader =
        new URLClassLoader(new URL[] {classes.toUri().toURL()}, getClass().getClassLoader())) {
      Class<?> example = loader.loadClass("FitJob");
      Object plan =
          call(
              example.getDeclaredMethod("plan", Map.class),
              Map.of("AZURE_BATCHAI_STORAGE_ACCOUNT", "acctnorth", "HOME", "/home/user"));
      String json = ((io.batchmount.launcher.plan.JobPlan) plan).toDryRunJson().toString();
      assertThat(json)
          .contains("https://acctnorth.file.core.windows.net/results")
          .contains("\"runner\":\"per-rank\"")
          .contains("\"API_TOKEN\":null")
          .doesNotContain("never printed");
      assertThat(call(example.getDeclaredMethod("mistake")))
          .isEqualTo("\"nodeCount\": must be 1 or more, but is 0");
    }
  }

  private static Object call(Method method, Object... arguments) throws Exception {
    method.setAccessible(true);
    return method.invoke(null, arguments);
  }

  private static Path example() {
    for (Path up = Path.of("").toAbsolutePath(); up != null; up = up.getParent()) {
      Path source = up.resolve("examples/java-api/FitJob.java");
      if (Files.exists(source)) {
        return source;
      }
    }
    throw new IllegalStateException("examples/java-api is part of the project");
  }
}
