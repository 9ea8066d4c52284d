/**
 * How a toolkit's settings become processes: the shell text of one process, how many of them there
 * are, on which node each runs, which variables it sees and where its output goes.
 *
 * <p>Everything here is computed from the settings, the list of hosts and the number of GPUs;
 * nothing is started and nothing of the machine is looked at.
 */
package io.batchmount.launcher.toolkit;
