/**
 * Blocks of blobs in memory and on disk, shared by all handles of all mounts of a process.
 *
 * <p>The unit is the page of 32 KiB: small enough that a random read of 128 KiB that lies across
 * pages fetches at most a quarter more, large enough that a gigabyte is 32,768 look-ups. Pages live
 * outside the heap in slabs of 1 MiB, which are what the memory budget counts. A page is named by
 * the version of a blob (endpoint, account, container, name, ETag) and its number, so nothing is
 * ever invalidated: another version has other pages, and old ones are pushed out.
 *
 * <p>The disk tier keeps segments of 8 MiB in files of their own, each page with a checksum. What
 * does not match is not there. It survives restarts and kills because a page counts only when its
 * checksum does.
 */
package io.batchmount.blob.cache;
