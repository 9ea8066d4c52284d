package io.batchmount.blob.store;

/**
 * A block.
 *
 * @param id base64 text; all ids of one blob decode to the same length
 * @param size bytes
 */
public record BlockRef(String id, long size) {}
