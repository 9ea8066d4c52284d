package io.batchmount.launcher.toolkit;

/** How a job's processes are started. */
public enum Runner {
  /** One process on the master node. */
  MASTER("master"),
  /** A script toolkit with one process on one node. */
  SINGLE("single"),
  /** Ranks under {@code mpirun}, started on the master node. */
  MPI("mpi"),
  /** One process for each node. */
  PER_NODE("per-node"),
  /** One process for each rank. */
  PER_RANK("per-rank"),
  /** Master, workers and parameter servers. */
  ROLES("roles");

  private final String word;

  Runner(String word) {
    this.word = word;
  }

  /** The word used in reports. */
  public String word() {
    return word;
  }
}
