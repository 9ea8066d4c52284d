package io.batchmount.launcher.outputs;

import java.nio.file.Path;

/**
 * A file that is stored.
 *
 * @param file the local file
 * @param destination address of the container or share, without its query
 * @param name of the blob, or path in the share
 * @param bytes its length
 * @param skipped true if it was stored before and is unchanged, so that nothing was sent
 */
public record UploadedFile(
    Path file, String destination, String name, long bytes, boolean skipped) {}
