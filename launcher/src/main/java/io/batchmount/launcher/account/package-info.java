/**
 * Which storage account, where its services are, and what signs the requests.
 *
 * <p>{@link io.batchmount.launcher.account.AccountResolver} ranks what the command line, the
 * environment and the configuration say; {@link io.batchmount.launcher.account.LiveCredential} is
 * what the stores sign with and takes over a renewed secret while mounts are running; {@link
 * io.batchmount.launcher.account.Redaction} keeps every secret that was ever read out of what is
 * written, as the second line of defence: the first is that no message is built from one.
 */
package io.batchmount.launcher.account;
