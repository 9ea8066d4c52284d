/** Help with words that people write: no knowledge of jobs, options or storage. */
package io.batchmount.launcher.text;
