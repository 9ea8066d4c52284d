/**
 * The Azure Batch File Conventions for Java programs: where the outputs of a job and of its tasks
 * lie in Blob Storage, and how to save, track, list and fetch them.
 *
 * <p>All outputs of a job lie in one container, whose name follows from the job's id ({@link
 * io.batchmount.launcher.conventions.JobContainers}). In it a blob is named {@code $kind/name} (an
 * output of the job) or {@code taskId/$kind/name} (an output of a task), as {@link
 * io.batchmount.launcher.conventions.OutputNames} says. {@link
 * io.batchmount.launcher.conventions.JobOutputStorage} and {@link
 * io.batchmount.launcher.conventions.TaskOutputStorage} are the two doors for programs.
 *
 * <p>Names are pure functions and need no network. Everything that talks to storage throws {@link
 * io.batchmount.launcher.conventions.OutputStorageException} (unchecked); arguments that can never
 * work are refused with {@link java.lang.IllegalArgumentException} or {@link
 * java.lang.NullPointerException} that names the parameter.
 *
 * <p>Source of the rules: the published File Conventions standard and the .NET library
 * Microsoft.Azure.Batch.Conventions.Files, version 4, without its known defects: any number of
 * leading steps up is dropped, a kind never lists the outputs of a longer kind, names are decoded
 * as UTF-8, a tracked save sends each byte once.
 */
package io.batchmount.launcher.conventions;
