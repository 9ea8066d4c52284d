/**
 * The {@code batchmount} command.
 *
 * <p>{@link io.batchmount.launcher.Main} is the program, {@link io.batchmount.launcher.Batchmount}
 * the entrance for other Java programs. Packages: {@code cli} has one class a command, {@code
 * options} and {@code account} say what is wanted and what signs, {@code job} and {@code plan} read
 * job.json and cluster.json and resolve them, {@code mount} keeps mounts in this process or in one
 * of the background, {@code run} runs a job on them, {@code record} and {@code stream} are what is
 * seen of a job from outside, {@code outputs} and {@code conventions} store declared files.
 */
package io.batchmount.launcher;
