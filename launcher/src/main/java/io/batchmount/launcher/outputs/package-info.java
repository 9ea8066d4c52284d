/**
 * OutputFiles: files of a job that are declared beforehand, matched and uploaded when its command
 * has ended.
 *
 * <p>The order of work is that of Azure Batch. A definition ({@link
 * io.batchmount.launcher.outputs.OutputFile}, read strictly by {@link
 * io.batchmount.launcher.outputs.OutputFilesReader}) names a pattern, a destination and a
 * condition. When the command has ended, {@link io.batchmount.launcher.outputs.OutputFilesPhase}
 * takes the entries whose condition holds, expands and matches their patterns ({@link
 * io.batchmount.launcher.outputs.FilePattern}, {@link io.batchmount.launcher.outputs.FileMatcher}),
 * and uploads every file with bounded memory, side by side. An error of one file never stops the
 * others; what failed comes back as {@link io.batchmount.launcher.outputs.FailureInformation} under
 * the documented codes and stands in {@code fileuploadout.txt} and {@code fileuploaderr.txt}.
 *
 * <p>Nothing but the permission to write is asked of storage: no existence check, no listing, no
 * reading of properties. Signatures never reach a log, a message or a record.
 *
 * <p>Beyond Batch, and only where it is switched on: uploading while the command runs, file shares
 * as destinations, MD5 and content type for each file, a journal that makes an interrupted upload
 * resumable, limits of bandwidth and time.
 */
package io.batchmount.launcher.outputs;
