/**
 * Blob containers through real mounts, over Azurite: tools that people use, and processes that die.
 */
package io.batchmount.it.blob;
