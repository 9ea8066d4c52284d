/**
 * Runs one job: mounts its volumes, prepares, starts its processes, brings their output to the
 * share while they run, saves everything, unmounts whatever happened, and tells how it ended.
 *
 * <p>{@link io.batchmount.launcher.run.JobRunner} is the order of the steps. The parts: {@link
 * io.batchmount.launcher.run.JobProcess} is one process in a session of its own, so that a signal
 * reaches all that it started and nothing else; {@link io.batchmount.launcher.run.OutputPump}
 * copies a stream to the caller and to its file; {@link io.batchmount.launcher.run.ExecutionLog} is
 * what the service called {@code execution.log}.
 */
package io.batchmount.launcher.run;
