/**
 * The name space of a mounted container: how names of files become names of blobs and back, what
 * directories there are, and what is remembered of listings and look-ups for how long.
 *
 * <p>A container has no directories. They are seen in three ways: a prefix that blobs share, a
 * marker blob of the directory's name with {@code hdi_isfolder}, or an empty blob whose name ends
 * with a slash. A complete listing answers everything about a directory until it is too old,
 * absence included; single look-ups cost a HEAD until there are enough of them that a listing is
 * cheaper.
 */
package io.batchmount.blob.names;
