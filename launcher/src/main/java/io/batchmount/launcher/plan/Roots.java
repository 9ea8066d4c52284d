package io.batchmount.launcher.plan;

import java.nio.file.Path;

/**
 * The directories of a job on one node, all absolute.
 *
 * @param mountRoot {@code AZ_BATCHAI_MOUNT_ROOT}
 * @param jobMountRoot {@code AZ_BATCHAI_JOB_MOUNT_ROOT}
 * @param jobTempParent {@code AZ_BATCHAI_JOB_TEMP_DIR}
 * @param jobTemp {@code AZ_BATCHAI_JOB_TEMP}; of local nodes that of node 0
 * @param sharedJobTemp {@code AZ_BATCHAI_SHARED_JOB_TEMP}
 * @param hostFile {@code AZ_BATCHAI_MPI_HOST_FILE}
 */
public record Roots(
    Path mountRoot,
    Path jobMountRoot,
    Path jobTempParent,
    Path jobTemp,
    Path sharedJobTemp,
    Path hostFile) {}
