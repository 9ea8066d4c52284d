package io.batchmount.launcher.outputs;

import java.nio.file.InvalidPathException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Resolves entries and matches their patterns: from definitions to the list of files and names,
 * with what went wrong on the way. Shared by the phase after the command, the uploads while it runs
 * and the dry run.
 */
final class EntryPlan {
  private final JobContext context;
  private final TargetFactory targets;

  EntryPlan(JobContext context, TargetFactory targets) {
    this.context = context;
    this.targets = targets;
  }

  /**
   * A resolved entry.
   *
   * @param index in the definition, from 0
   * @param definition as read
   * @param pattern ready to be matched; absent where resolving failed
   * @param target absent where resolving failed
   * @param error why resolving failed
   */
  record Resolved(
      int index,
      OutputFile definition,
      Optional<FilePattern> pattern,
      Optional<UploadTarget> target,
      Optional<UploadError> error) {}

  /**
   * The files of an entry.
   *
   * @param base resolved base path, absent if it does not exist
   * @param tasks one for each file
   * @param errors of files that cannot be stored and directories that cannot be read
   */
  record Matched(Optional<String> base, List<FileTask> tasks, List<UploadError> errors) {}

  Resolved resolve(int index, OutputFile definition) {
    try {
      FilePattern pattern = FilePattern.resolve(definition.filePattern(), context);
      boolean endsInSlash =
          definition.destination().path().filter(p -> p.endsWith("/")).isPresent();
      if (endsInSlash && !pattern.isWildcard()) {
        throw new IllegalArgumentException(
            "destination path must not end with a slash, because the pattern names one file");
      }
      UploadTarget target = targets.targetOf(definition.destination());
      return new Resolved(
          index, definition, Optional.of(pattern), Optional.of(target), Optional.empty());
    } catch (InvalidPathException e) {
      return unresolved(index, definition, "no file can match: " + e.getReason());
    } catch (DestinationAccessException e) {
      UploadError denied =
          new UploadError(
              UploadCode.ACCESS_DENIED,
              "AuthenticationFailed",
              true,
              index,
              definition.filePattern(),
              Optional.empty(),
              SecretText.withoutQuery(definition.destination().url()),
              context.blanked(e.getMessage()));
      return new Resolved(
          index, definition, Optional.empty(), Optional.empty(), Optional.of(denied));
    } catch (IllegalArgumentException e) {
      return unresolved(index, definition, e.getMessage());
    }
  }

  private Resolved unresolved(int index, OutputFile definition, String message) {
    UploadError error = error(index, definition, Optional.empty(), UploadCode.MISC_ERROR, message);
    return new Resolved(index, definition, Optional.empty(), Optional.empty(), Optional.of(error));
  }

  Matched match(Resolved entry) {
    if (entry.pattern().isEmpty() || entry.target().isEmpty()) {
      return new Matched(Optional.empty(), List.of(), entry.error().stream().toList());
    }
    FilePattern pattern = entry.pattern().get();
    UploadTarget target = entry.target().get();
    FileMatcher.Result found = FileMatcher.match(pattern);
    List<FileTask> tasks = new ArrayList<>();
    List<UploadError> errors = new ArrayList<>();
    for (FileMatcher.Problem problem : found.problems()) {
      errors.add(
          error(
              entry.index(),
              entry.definition(),
              problem.file(),
              UploadCode.MISC_ERROR,
              problem.message()));
    }
    for (MatchedFile file : found.files()) {
      String name =
          BlobNaming.nameOf(
              pattern.isWildcard(), entry.definition().destination().path(), file.name());
      Optional<String> problem = target.problemOf(name);
      if (problem.isPresent()) {
        errors.add(
            error(
                entry.index(),
                entry.definition(),
                Optional.of(file.file()),
                UploadCode.MISC_ERROR,
                problem.get()));
      } else {
        tasks.add(
            new FileTask(
                entry.index(),
                pattern.original(),
                target,
                targets.retryingOf(entry.definition().destination()),
                file.file(),
                name));
      }
    }
    return new Matched(found.base().map(Object::toString), tasks, errors);
  }

  /** An error that no client threw. */
  UploadError error(
      int index,
      OutputFile definition,
      Optional<java.nio.file.Path> file,
      UploadCode code,
      String message) {
    return new UploadError(
        code,
        "UnknownError",
        false,
        index,
        definition.filePattern(),
        file,
        SecretText.withoutQuery(definition.destination().url()),
        context.blanked(message));
  }
}
