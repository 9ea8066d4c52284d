/**
 * What has been written through a mount and is not yet in the service, on local disk.
 *
 * <p>Each mount has one directory below the journal's root, locked while its process lives ({@link
 * io.batchmount.core.journal.MountJournal}). In it each unsaved file, or each step that must be
 * finished as a whole (the rename of a directory), is one {@link
 * io.batchmount.core.journal.JournalEntry}: a small JSON file with the intent, a sparse data file
 * whose offsets are those of the file, and an append-only log of the ranges of it that hold unsaved
 * bytes. Bytes go to the data file before their range goes to the log, so a killed process leaves
 * no range without its bytes. After a crash of the machine, where the order of unforced writes is
 * not known, only what was forced ({@code fsync}) counts; the boot id in the identity file tells
 * the two cases apart.
 *
 * <p>The package knows no storage service: who writes entries also knows how to finish them.
 */
package io.batchmount.core.journal;
