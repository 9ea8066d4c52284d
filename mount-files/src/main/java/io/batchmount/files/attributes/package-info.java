/**
 * What POSIX keeps of a file and the service does not: mode, owner, symbolic links, extended
 * attributes, and the mark of a file that is being extended.
 *
 * <p>Mode, owner, link target and xattrs lie in metadata. A listing carries no metadata, so an
 * entry that has any of ours is marked with the attribute bit {@code NotContentIndexed}, which a
 * listing does carry: only marked entries cost one more call, and the answer is kept by file id and
 * ETag.
 */
package io.batchmount.files.attributes;
