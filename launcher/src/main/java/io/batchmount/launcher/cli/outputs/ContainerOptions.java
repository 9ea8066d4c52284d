package io.batchmount.launcher.cli.outputs;

import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.BlobContainerClientBuilder;
import com.azure.storage.blob.BlobServiceVersion;
import io.batchmount.launcher.account.AccountDestinations;
import io.batchmount.launcher.account.AccountResolver;
import io.batchmount.launcher.account.CredentialRefreshPolicy;
import io.batchmount.launcher.account.StorageAccount;
import io.batchmount.launcher.conventions.JobContainers;
import io.batchmount.launcher.mount.Volume;
import io.batchmount.launcher.options.Settings;
import io.batchmount.launcher.options.UsageException;
import io.batchmount.launcher.outputs.DestinationAccess.DestinationCredential;
import io.batchmount.launcher.outputs.DestinationAccess.Place;
import io.batchmount.launcher.outputs.DestinationAccess.Service;
import java.net.URI;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Which job's container, and as whom. */
final class ContainerOptions {
  /** Newest version that both the service and its emulator take. */
  private static final BlobServiceVersion SERVICE_VERSION = BlobServiceVersion.V2025_11_05;

  @Option(
      names = "--job",
      paramLabel = "JOB_ID",
      description = "The job, whose id gives the container (default: AZ_BATCH_JOB_ID).")
  Optional<String> job = Optional.empty();

  @Option(
      names = "--container",
      paramLabel = "NAME",
      description = "The container itself, instead of --job.")
  Optional<String> container = Optional.empty();

  @Option(
      names = "--container-url",
      paramLabel = "URL",
      description =
          "Address of the container, instead of --job. With a SAS only through the variable BATCHMOUNT_CONTAINER_URL, which other users cannot see.")
  Optional<String> containerUrl = Optional.empty();

  @Option(
      names = "--task",
      paramLabel = "TASK_ID",
      description = "The task; without it outputs of the job are meant.")
  Optional<String> task = Optional.empty();

  Optional<String> task() {
    return task;
  }

  BlobContainerClient client(
      AccountResolver accounts, Settings settings, boolean urlOnCommandLine) {
    BlobContainerClientBuilder builder =
        new BlobContainerClientBuilder().serviceVersion(SERVICE_VERSION);
    if (containerUrl.isPresent() && container.isEmpty() && job.isEmpty()) {
      String url = containerUrl.get();
      if (url.contains("sig=") && urlOnCommandLine) {
        throw new UsageException(
            "--container-url with a signature is seen by every user of this machine; set BATCHMOUNT_CONTAINER_URL instead");
      }
      if (url.contains("sig=")) {
        return builder.endpoint(url).buildClient();
      }
      AccountDestinations access = new AccountDestinations(accounts);
      Place place = new Place(Service.BLOB, URI.create(url));
      builder.endpoint(access.reachedAt(place).toString());
      access.policiesFor(place).forEach(builder::addPolicy);
      return sign(builder, access.credentialFor(place)).buildClient();
    }
    StorageAccount account = accounts.direct();
    builder
        .endpoint(account.blobEndpoint().toString())
        .containerName(name(settings))
        .addPolicy(new CredentialRefreshPolicy(account.credential()));
    return sign(builder, AccountDestinations.credentialOf(account.credential())).buildClient();
  }

  private String name(Settings settings) {
    if (container.isPresent()) {
      return Volume.Kind.BLOB.requireName(container.get());
    }
    try {
      return JobContainers.nameOf(
          job.or(() -> settings.variable("AZ_BATCH_JOB_ID"))
              .orElseThrow(
                  () ->
                      new UsageException(
                          "which job? give --job JOB_ID, --container NAME or --container-url URL")));
    } catch (IllegalArgumentException e) {
      throw new UsageException(e.getMessage(), e);
    }
  }

  private static BlobContainerClientBuilder sign(
      BlobContainerClientBuilder builder, DestinationCredential credential) {
    if (credential instanceof DestinationCredential.Key key) {
      return builder.credential(key.credential());
    }
    if (credential instanceof DestinationCredential.Sas sas) {
      return builder.credential(sas.credential());
    }
    if (credential instanceof DestinationCredential.Token token) {
      return builder.credential(token.credential());
    }
    return builder;
  }
}
