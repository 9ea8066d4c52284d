/**
 * Names of a share: which the service cannot hold, how they are stored instead, and how the service
 * compares them.
 *
 * <p>The encoding is the one that rclone uses for Azure Files, so that files written through a
 * mount are read under the same names by {@code rclone} and the other way round: a forbidden
 * character becomes its full-width or control-picture relative, and U+201B quotes a character that
 * would otherwise be taken for such a relative.
 */
package io.batchmount.files.names;
