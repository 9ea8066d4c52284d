package io.batchmount.launcher.mount;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** Mounts single volumes with what the process shares: budgets, caches, figures. Thread-safe. */
public interface VolumeMounter extends AutoCloseable {

  /**
   * Mounts one volume; returns when it is usable: the service has answered and the kernel shows it.
   *
   * @throws MountFailure one sentence that names the volume and the fix; nothing is left mounted
   */
  LiveMount mount(Volume volume) throws MountFailure;

  /** Writes the figures of one mount into a JSON object. */
  void describe(LiveMount mount, ObjectNode target);

  /** Writes the figures of the process. */
  void describeProcess(ObjectNode target);

  @Override
  void close();
}
