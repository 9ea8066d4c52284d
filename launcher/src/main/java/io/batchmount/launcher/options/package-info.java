/**
 * What a user can set, and where from.
 *
 * <p>An option is declared once, as a picocli {@code @Option} in a class of this package. The
 * command line, the environment variable {@code BATCHMOUNT_<OPTION>}, the key of the YAML file and
 * the line of {@code docs/configuration.md} all come from that one declaration; {@link
 * io.batchmount.launcher.options.Settings} finds a value in the order flag, environment, file,
 * default, and knows afterwards which of them it was.
 */
package io.batchmount.launcher.options;
