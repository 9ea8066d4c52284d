/**
 * From a definition to a plan: which volumes are mounted where and with whose credentials, what the
 * environment is, which directories are made, which commands run on which node, and where their
 * output goes.
 *
 * <p>Planning is a pure function of the files, the options and the environment handed in. It mounts
 * nothing, runs nothing, contacts nothing, and a plan can be printed whole ({@code toDryRunJson})
 * because it shows no secret. What runs a job executes the plan and decides nothing that stands in
 * it.
 */
package io.batchmount.launcher.plan;
