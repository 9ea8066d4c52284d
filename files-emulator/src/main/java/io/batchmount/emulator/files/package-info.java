/** Placeholder. */
package io.batchmount.emulator.files;
