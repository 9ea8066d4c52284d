package io.batchmount.core;

/**
 * What {@code statvfs(3)} tells.
 *
 * @param totalBytes capacity
 * @param freeBytes what is left of it
 * @param totalFiles number of files that fit, or a large constant where the store has no limit
 * @param freeFiles how many more fit
 * @param maxNameLength longest name in bytes
 */
public record FileSystemUsage(
    long totalBytes, long freeBytes, long totalFiles, long freeFiles, int maxNameLength) {}
