package io.batchmount.launcher.outputs;

import java.nio.file.Path;
import java.util.Optional;

/**
 * One error of an upload phase.
 *
 * @param code what the task reports
 * @param innerCode what {@code fileuploaderr.txt} reports, such as {@code AuthenticationFailed}
 * @param userFault whether that file says so
 * @param entry index of the entry in the definition, from 0
 * @param pattern the entry's pattern as written
 * @param file the local file, absent when the entry as a whole failed
 * @param destination address of the container or share, its signature blanked
 * @param message a sentence for people, with status and request id where storage answered
 */
public record UploadError(
    UploadCode code,
    String innerCode,
    boolean userFault,
    int entry,
    String pattern,
    Optional<Path> file,
    String destination,
    String message) {}
