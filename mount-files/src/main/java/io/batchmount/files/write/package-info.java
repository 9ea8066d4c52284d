/**
 * Open files: what was written and is not yet in the service, and how it gets there.
 *
 * <p>All handles of one name share one {@code OpenFile}. Writes go to an entry of the mount's
 * journal, which outlives the process; a flush takes the whole entry, so that writers go on with a
 * new one, and sends it as one grow and its ranges. Growing sets the growth mark, so that no reader
 * sees zeros in place of bytes on their way; the last range takes it off.
 *
 * <p><b>Two writers.</b> Files know no conditional requests, so a version check before a grow
 * leaves a gap in which another node's bytes can be overwritten. A lease leaves none: it is
 * acquired for the first flush of a burst (the answer carries the ETag, which tells for nothing
 * whether anybody wrote since) and given back after the last close, or when nothing was flushed for
 * a while. The service refuses everybody else meanwhile. A holder that lost its lease is refused
 * too, looks again and goes on or fails with ESTALE; that makes breaking a dead mount's lease safe.
 */
package io.batchmount.files.write;
