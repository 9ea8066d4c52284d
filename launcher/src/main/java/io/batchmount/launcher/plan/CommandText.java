package io.batchmount.launcher.plan;

/**
 * Shell text.
 *
 * @param text as written
 * @param expanded variables replaced, for reading; secrets stay references
 */
public record CommandText(String text, String expanded) {}
