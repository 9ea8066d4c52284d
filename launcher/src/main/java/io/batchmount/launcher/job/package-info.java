/**
 * What a job and a cluster are: the immutable model of {@code job.json} and {@code cluster.json}
 * (Batch AI, API version 2018-05-01), the builders that make it, and the reader that fills the same
 * builders from a file.
 *
 * <p>The model says what was written, not what follows from it: placeholders, variables and
 * defaults that depend on the machine are resolved in {@link io.batchmount.launcher.plan}. Every
 * rule that concerns one value is checked where the value is made, so that a program and a file are
 * held to the same rules; the reader adds file, line and column.
 *
 * <p>All types are immutable and so may be shared between threads; builders are not thread-safe.
 */
package io.batchmount.launcher.job;
