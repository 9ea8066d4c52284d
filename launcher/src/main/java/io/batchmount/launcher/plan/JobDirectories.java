package io.batchmount.launcher.plan;

import io.batchmount.launcher.job.InputDirectory;
import io.batchmount.launcher.job.JobDefinition;
import io.batchmount.launcher.job.OutputDirectory;
import io.batchmount.launcher.job.Problem;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Inputs, outputs and the directory of standard output as absolute paths.
 *
 * @param inputs path by id
 * @param outputs path by id
 * @param previous path of the attempt before by id; empty without one
 * @param stdOutErr where the files of standard output go
 * @param shared directory beside it for what several machines share
 * @param toCreate what is made before the preparation, each once
 * @param prefixes expanded prefix by key, to tell those outside every volume
 */
record JobDirectories(
    Map<String, String> inputs,
    Map<String, Path> outputs,
    Map<String, Path> previous,
    Path stdOutErr,
    Path shared,
    List<Path> toCreate,
    Map<String, String> prefixes) {
  private static final String STDOUTERR = "stdouterr";
  private static final String SHARED = ".batchmount/shared";

  static JobDirectories resolve(
      JobDefinition job,
      JobPlanRequest request,
      Roots roots,
      List<Problem> problems,
      List<Problem> notes) {
    PathTexts texts = new PathTexts(JobVariables.roots(roots), problems);
    String segment = request.identity().segment();
    Map<String, String> prefixes = new LinkedHashMap<>();

    Map<String, String> inputs = new LinkedHashMap<>();
    for (int i = 0; i < job.inputDirectories().size(); i++) {
      InputDirectory input = job.inputDirectories().get(i);
      String key = "inputDirectories[" + i + "].path";
      String path = texts.expand(key, input.path());
      if (!path.startsWith("/")) {
        Path working =
            request.command().isEmpty()
                ? roots.jobTemp().resolve("task").resolve("wd")
                : request.currentDirectory();
        notes.add(
            Problem.of(key, "is relative: it is taken from the working directory " + working));
        path = Paths.join(working.toString(), path);
      }
      inputs.put(input.id(), path);
    }
    Optional<String> before = request.previousJobId().map(request.identity()::segmentOf);
    Map<String, Path> previous = new LinkedHashMap<>();
    Set<Path> create = new LinkedHashSet<>();
    Map<String, Path> outputs = new LinkedHashMap<>();
    for (int i = 0; i < job.outputDirectories().size(); i++) {
      OutputDirectory output = job.outputDirectories().get(i);
      String key = "outputDirectories[" + i + "].pathPrefix";
      Optional<String> prefix = texts.absolute(key, output.pathPrefix());
      if (prefix.isEmpty()) {
        continue;
      }
      prefixes.put(key, prefix.get());
      if (!output.createNew()) {
        outputs.put(output.id(), path(prefix.get(), key, problems));
        continue;
      }
      Path path =
          path(
              request.layout().directory(prefix.get(), segment, output.pathSuffix()),
              key,
              problems);
      outputs.put(output.id(), path);
      create.add(path);
      before.ifPresent(
          other ->
              previous.put(
                  output.id(),
                  path(
                      request.layout().directory(prefix.get(), other, output.pathSuffix()),
                      key,
                      problems)));
    }
    String key = "stdOutErrPathPrefix";
    Optional<String> prefix = texts.absolute(key, job.stdOutErrPathPrefix());
    String base = Paths.join(prefix.orElse("/"), segment);
    prefix.ifPresent(p -> prefixes.put(key, p));
    Path stdOutErr = path(Paths.join(base, STDOUTERR), key, problems);
    create.add(stdOutErr);
    return new JobDirectories(
        inputs,
        outputs,
        previous,
        stdOutErr,
        path(Paths.join(base, SHARED), key, problems),
        new ArrayList<>(create),
        prefixes);
  }

  private static Path path(String text, String key, List<Problem> problems) {
    try {
      return Path.of(text);
    } catch (InvalidPathException unfit) {
      problems.add(Problem.of(key, "is no path of this machine: " + unfit.getReason()));
      return Path.of("/");
    }
  }

  /** Notes prefixes that lie on no volume that is known. */
  void warnOutside(
      List<PlannedMount> jobMounts, List<PlannedMount> clusterMounts, List<Problem> notes) {
    prefixes.forEach(
        (key, prefix) -> {
          boolean inside =
              java.util.stream.Stream.concat(jobMounts.stream(), clusterMounts.stream())
                  .anyMatch(mount -> Paths.inside(prefix, mount.path().toString()));
          if (!inside) {
            notes.add(
                Problem.of(
                    key,
                    prefix
                        + " lies on no volume of the job or of a cluster file: unless something is"
                        + " mounted there, what is written stays on this machine"));
          }
        });
  }
}
