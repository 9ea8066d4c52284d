package io.batchmount.core.fuse;

/**
 * How requests of the kernel reach us. Both pass the contract suite; what {@link #LIBFUSE} cannot
 * keep stands in {@code docs/fuse-binding.md}.
 */
public enum FuseBinding {
  /** The kernel's protocol, spoken on {@code /dev/fuse} by Java threads. The default. */
  KERNEL,
  /** libfuse 2 through jnr-fuse, for machines where mounting goes through libfuse's own ways. */
  LIBFUSE
}
