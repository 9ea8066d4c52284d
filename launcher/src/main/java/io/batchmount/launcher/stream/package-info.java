/**
 * Outputs of a job seen from outside, without a mount: the file systems that a mount would serve
 * are asked directly, so that what is shown here is what a mount shows. {@link
 * io.batchmount.launcher.stream.OutputListing} is {@code job file list}, {@link
 * io.batchmount.launcher.stream.FileFollower} is {@code job file stream}.
 */
package io.batchmount.launcher.stream;
