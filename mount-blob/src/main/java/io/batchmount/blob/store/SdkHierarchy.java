package io.batchmount.blob.store;

import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpMethod;
import com.azure.core.http.HttpResponse;
import com.azure.core.http.rest.Response;
import com.azure.storage.file.datalake.DataLakeFileSystemAsyncClient;
import com.azure.storage.file.datalake.DataLakeFileSystemClientBuilder;
import com.azure.storage.file.datalake.DataLakeServiceVersion;
import com.azure.storage.file.datalake.models.DataLakeRequestConditions;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import java.net.URI;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * Directories and renames through the Data Lake endpoint of an account. Its client is given the
 * pipeline of {@link BlobRest}, so credentials, connections, deadlines and retries are the same.
 * Thread-safe.
 */
final class SdkHierarchy implements HierarchicalOperations {
  private static final Logger LOG = LoggerFactory.getLogger(SdkHierarchy.class);
  private static final HttpHeaderName IS_HIERARCHICAL =
      HttpHeaderName.fromString("x-ms-is-hns-enabled");
  private static final HttpHeaderName CONTINUATION = HttpHeaderName.fromString("x-ms-continuation");
  private static final String FOLDER_MARK = "hdi_isfolder";

  private final BlobRest rest;
  private final SdkBlobStore store;
  private final LostAnswers lost;
  private final DataLakeFileSystemAsyncClient client;

  private SdkHierarchy(BlobRest rest, SdkBlobStore store, LostAnswers lost, String endpoint) {
    this.rest = rest;
    this.store = store;
    this.lost = lost;
    DataLakeFileSystemClientBuilder builder =
        new DataLakeFileSystemClientBuilder()
            .endpoint(endpoint)
            .fileSystemName(rest.options().location().container())
            .serviceVersion(DataLakeServiceVersion.valueOf(BlobRest.SERVICE_VERSION.name()))
            .pipeline(rest.pipeline());
    if (rest.options().credential() instanceof BlobCredential.Sas own) {
      builder.credential(own.sas()); // repeated for the source of a rename
    }
    client = builder.buildAsyncClient();
  }

  /**
   * Asks the account whether it has a hierarchical namespace (Get Account Information).
   *
   * @return empty when it has none, or when the credentials may not ask: such accounts work as flat
   *     ones
   * @throws FsException when no answer came
   */
  static Optional<HierarchicalOperations> detect(
      BlobRest rest, SdkBlobStore store, LostAnswers lost) throws FsException {
    BlobLocation location = rest.options().location();
    Optional<String> endpoint = dataLakeEndpoint(location.endpoint());
    if (endpoint.isEmpty()) {
      return Optional.empty();
    }
    HttpResponse answer;
    try {
      answer =
          rest.call(
              BlobOperation.ACCOUNT_INFORMATION,
              location.container(),
              false,
              attempt ->
                  rest.request(
                      HttpMethod.GET,
                      rest.container().getBlobContainerUrl() + "?restype=account&comp=properties"));
    } catch (FsException e) {
      if (e.errno() == Errno.ETIMEDOUT || e.errno() == Errno.EINTR || e.serviceCode().isEmpty()) {
        throw e;
      }
      LOG.info(
          "account {}: cannot be asked for a hierarchical namespace, taken as one without: {}",
          location.account(),
          e.toLogLine());
      return Optional.empty();
    }
    boolean hierarchical =
        "true".equalsIgnoreCase(String.valueOf(answer.getHeaderValue(IS_HIERARCHICAL)));
    LOG.debug("account {}: hierarchical namespace: {}", location.account(), hierarchical);
    return hierarchical
        ? Optional.of(new SdkHierarchy(rest, store, lost, endpoint.get()))
        : Optional.empty();
  }

  /**
   * The Data Lake endpoint beside a blob endpoint: another host name, or the same address when a
   * host serves several accounts under its paths. Empty for host names that follow neither rule.
   */
  static Optional<String> dataLakeEndpoint(String blobEndpoint) {
    URI uri = URI.create(blobEndpoint);
    String host = uri.getHost() == null ? "" : uri.getHost();
    if (host.contains(".blob.")) {
      return Optional.of(blobEndpoint.replaceFirst("\\.blob\\.", ".dfs."));
    }
    boolean pathStyle = uri.getPath() != null && uri.getPath().length() > 1;
    return pathStyle ? Optional.of(blobEndpoint) : Optional.empty();
  }

  @Override
  public BlobProperties createDirectory(String directory, Map<String, String> metadata)
      throws FsException {
    Map<String, String> marked = new HashMap<>(metadata);
    marked.put(FOLDER_MARK, "true");
    Map<String, String> own = new HashMap<>(metadata);
    own.keySet().removeIf(name -> name.toLowerCase(Locale.ROOT).equals(FOLDER_MARK));
    return lost.guard(
        WriteCondition.ABSENT,
        number ->
            rest.retry(
                BlobOperation.CREATE_DIRECTORY,
                directory,
                true,
                attempt -> {
                  number.attempt(attempt);
                  return client
                      .getDirectoryAsyncClient(directory)
                      .createWithResponse(
                          null,
                          null,
                          null,
                          own,
                          new DataLakeRequestConditions().setIfNoneMatch("*"))
                      .map(
                          answer ->
                              new BlobProperties(
                                  directory,
                                  0,
                                  AnswerHeaders.quoted(answer.getValue().getETag()),
                                  answer.getValue().getLastModified().toInstant(),
                                  BlobType.BLOCK,
                                  marked,
                                  Optional.empty(),
                                  Optional.empty(),
                                  Optional.empty()));
                }),
        () -> Optional.of(store.getProperties(directory)).filter(now -> lost.same(now, marked)));
  }

  @Override
  public void deleteDirectory(String directory) throws FsException {
    lost.guard(
        WriteCondition.ANY,
        number ->
            rest.retry(
                BlobOperation.DELETE_DIRECTORY,
                directory,
                false,
                attempt -> {
                  number.attempt(attempt);
                  return client
                      .getDirectoryAsyncClient(directory)
                      .deleteWithResponse(false, null)
                      .thenReturn(true);
                }),
        () -> lost.isGone(directory));
  }

  @Override
  public BlobProperties rename(
      String source, Optional<String> sourceIfMatch, String target, WriteCondition condition)
      throws FsException {
    DataLakeRequestConditions from = new DataLakeRequestConditions();
    sourceIfMatch.ifPresent(from::setIfMatch);
    DataLakeRequestConditions to = new DataLakeRequestConditions();
    if (condition instanceof WriteCondition.Absent) {
      to.setIfNoneMatch("*");
    } else if (condition instanceof WriteCondition.Match match) {
      to.setIfMatch(match.etag());
    }
    String container = rest.options().location().container();
    lost.guard(
        condition,
        number ->
            rest.retry(
                BlobOperation.RENAME,
                source + " to " + target,
                condition instanceof WriteCondition.Absent,
                attempt -> {
                  number.attempt(attempt);
                  return client
                      .getFileAsyncClient(source)
                      .renameWithResponse(container, target, from, to)
                      .flatMap(answer -> complete(answer, source, target));
                }),
        // a repeated rename finds no source any more: the first one moved it
        () ->
            lost.isGone(source).isPresent()
                ? Optional.of(store.getProperties(target)).map(there -> true)
                : Optional.empty());
    return store.getProperties(target);
  }

  /** Only accounts without a hierarchical namespace rename directories in several steps. */
  private static Mono<Boolean> complete(Response<?> answer, String source, String target) {
    String more = answer.getHeaders().getValue(CONTINUATION);
    return more == null || more.isEmpty()
        ? Mono.just(true)
        : Mono.error(
            new FsException(
                Errno.EIO,
                source + ": the service has renamed only a part of it to " + target + " so far"));
  }
}
