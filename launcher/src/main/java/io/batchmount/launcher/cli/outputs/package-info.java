/**
 * {@code batchmount outputs ...}: the packages {@code launcher.outputs} and {@code
 * launcher.conventions} from the command line. Nothing is decided here but words, tables and exit
 * codes.
 */
package io.batchmount.launcher.cli.outputs;
