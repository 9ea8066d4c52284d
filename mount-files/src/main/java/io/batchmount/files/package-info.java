/** Placeholder. */
package io.batchmount.files;
