/**
 * Mounts and the processes that keep them.
 *
 * <p>{@link io.batchmount.launcher.mount.MountSession} is one process's set of mounts: all volumes
 * share one memory budget, one cache and one journal root, come up in parallel, all or none, and go
 * in reverse order after their data is saved. {@link io.batchmount.launcher.mount.MountRegistry} is
 * how other processes find them: a file for each process under the state directory, with the path
 * of a Unix socket on which {@link io.batchmount.launcher.mount.ControlServer} answers. A record
 * whose process is gone marks what a crash left; the next command that meets one cleans up.
 */
package io.batchmount.launcher.mount;
