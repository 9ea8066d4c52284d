package io.batchmount.launcher.job;

/** Order in a cluster's queue; carried and reported, one machine has no queue. */
public enum SchedulingPriority {
  LOW,
  NORMAL,
  HIGH
}
