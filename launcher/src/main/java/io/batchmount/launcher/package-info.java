/** Placeholder. */
package io.batchmount.launcher;
