/** Placeholder. */
package io.batchmount.blob;
