package io.batchmount.launcher.plan;

import java.nio.file.Path;

/**
 * One node of a job.
 *
 * @param index from 0, the master
 * @param id name in the names of files
 * @param host address
 * @param jobTemp its temporary directory
 * @param workingDirectory where preparation and toolkit start; made fresh, on no volume
 * @param environment what the preparation sees
 * @param preparationStdout name of the file of the preparation's output
 * @param preparationStderr name of the file of the preparation's errors
 * @param executionLog name of the file of the launcher's own log
 */
public record NodePlan(
    int index,
    String id,
    String host,
    Path jobTemp,
    Path workingDirectory,
    PlannedEnvironment environment,
    String preparationStdout,
    String preparationStderr,
    String executionLog) {}
