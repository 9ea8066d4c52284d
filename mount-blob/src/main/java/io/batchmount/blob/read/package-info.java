/**
 * The read engine: which bytes are fetched when a file is read, and in how many requests.
 *
 * <p>A read looks into memory, at requests on their way, on disk, and asks the service last. {@link
 * io.batchmount.blob.read.ReadEngine} holds that order; a {@code Fetch} is one request, shared by
 * all who wait for its pages; a {@code StreamTracker} tells apart the streams of a handle and says
 * which of them are worth reading ahead. The bytes of one handle are of one version always: its
 * pages carry the ETag in their name, and each request demands it.
 */
package io.batchmount.blob.read;
