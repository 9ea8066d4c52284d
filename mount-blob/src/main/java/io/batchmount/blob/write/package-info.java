/**
 * The write engine of blob mounts.
 *
 * <p>An open file ({@link io.batchmount.blob.write.OpenFile}) is a saved version of a blob with
 * unsaved bytes on top; the bytes lie in the mount's journal, so that a killed process loses
 * nothing. A commit ({@link io.batchmount.blob.write.FileCommitter}) turns both into the next
 * version with as few bytes on the wire as it can: {@link io.batchmount.blob.write.CommitPlan}
 * decides which committed blocks stay, which ranges the service copies itself and which are
 * uploaded. New files that are written in order are staged while they are written.
 *
 * <p>Commits carry a condition, so that a change by somebody else is noticed and never undone in
 * silence. Blocks staged under a name may vanish at any time, because they belong to the name: the
 * journal is the copy that counts until the commit was answered. An answer that got lost is told
 * apart from a rival's commit by the random block ids or the content's hash.
 *
 * <p>{@link io.batchmount.blob.write.BlobWriteEngine} is the door; {@link
 * io.batchmount.blob.write.BlobRecovery} finishes what a crash left.
 */
package io.batchmount.blob.write;
