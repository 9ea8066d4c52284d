/**
 * What is kept of a job: a JSON file {@code job-record.json} in the directory of its segment, on
 * the volume of its logs, so that any machine with the credentials can list, stream and wait; and a
 * copy under the state directory of the node, so that jobs of this node are found by name.
 *
 * <p>A record never holds a secret. While a job runs its record is written again now and then; a
 * record that says "running" and has not been touched for long tells of a node that is gone.
 */
package io.batchmount.launcher.record;
