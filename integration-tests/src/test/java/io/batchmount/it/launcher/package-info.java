/** The launcher as users call it: the built command as a process, real mounts, real servers. */
package io.batchmount.it.launcher;
