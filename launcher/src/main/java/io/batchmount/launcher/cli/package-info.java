/**
 * The commands, one class each: options in, exit code out.
 *
 * <p>A command reads its options, calls the package that does the work and turns the outcome into
 * lines and an exit code. {@link io.batchmount.launcher.cli.Cli} finds the command and builds only
 * that one, because reading the annotations of all of them would cost every start.
 */
package io.batchmount.launcher.cli;
