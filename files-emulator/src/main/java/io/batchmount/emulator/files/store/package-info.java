/**
 * State on disk that survives the death of the process.
 *
 * <p>The bytes of files are appended to segment files and never changed there; everything else is a
 * journal of changes, appended with one write before an operation is acknowledged. A checkpoint now
 * and then writes the whole state anew, begins another journal, and frees the segments that hold
 * little of use. So a process that is killed loses nothing that it had acknowledged, and at most a
 * last record is torn, which is cut off. Power loss is not promised: nothing is synchronised but
 * checkpoints.
 */
package io.batchmount.emulator.files.store;
