package io.batchmount.emulator.files.protocol;

import io.batchmount.emulator.files.http.HttpFields;
import io.batchmount.emulator.files.http.HttpRequest;
import io.batchmount.emulator.files.http.HttpResponse;
import io.batchmount.emulator.files.model.Account;
import io.batchmount.emulator.files.model.Ticks;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers requests of the protocol. Thread-safe. */
public final class Service {
  private static final Logger LOG = LoggerFactory.getLogger(Service.class);
  private static final String SERVER = "Windows-Azure-File/1.0 Microsoft-HTTPAPI/2.0";
  private static final int MAX_CLIENT_ID = 1024;

  private static final List<String> CONDITIONS =
      List.of("If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since");

  private static final Set<Operation> ON_SNAPSHOTS =
      Set.of(
          Operation.GetShareProperties,
          Operation.GetShareMetadata,
          Operation.GetShareStats,
          Operation.DeleteShare,
          Operation.LeaseShare,
          Operation.GetPermission,
          Operation.GetDirectoryProperties,
          Operation.GetDirectoryMetadata,
          Operation.ListDirectoriesAndFiles,
          Operation.GetFile,
          Operation.GetFileProperties,
          Operation.GetFileMetadata,
          Operation.ListRanges,
          Operation.ListHandles,
          Operation.ForceCloseHandles,
          Operation.GetSymbolicLink,
          Operation.Unknown);

  private final String accountName;
  private final Authorization authorization;
  private final ServiceOperations service;
  private final ShareOperations shares;
  private final ShareLeases shareLeases;
  private final DirectoryOperations directories;
  private final Listing listing;
  private final FileOperations files;
  private final RangeOperations ranges;
  private final FileLeases fileLeases;
  private final CopyOperations copies;
  private final RenameOperations renames;
  private final LinkOperations links;
  private final HandleOperations handles;

  /**
   * @param key the account key, decoded
   * @param deletion how long the name of a deleted share cannot be taken
   * @param retention how long a deleted share can be restored
   */
  public Service(Account account, String name, byte[] key, Duration deletion, Duration retention) {
    this.accountName = name;
    SharedKey sharedKey = new SharedKey(key);
    SharedAccessSignatures signatures = new SharedAccessSignatures(account, sharedKey);
    this.authorization = new Authorization(sharedKey, signatures);
    this.service = new ServiceOperations(account, retention);
    this.shares = new ShareOperations(account, deletion, retention);
    this.shareLeases = new ShareLeases(account);
    this.directories = new DirectoryOperations(account);
    this.listing = new Listing(account);
    this.files = new FileOperations(account);
    this.ranges = new RangeOperations(account, signatures);
    this.fileLeases = new FileLeases(account);
    this.copies = new CopyOperations(account);
    this.renames = new RenameOperations(account);
    this.links = new LinkOperations(account);
    this.handles = new HandleOperations(account);
  }

  /** Reads where a request goes and what it wants. */
  public Call open(HttpRequest request) {
    return new Call(request, accountName);
  }

  /** The answer to a request whose path cannot even be read. */
  public HttpResponse refuse(HttpRequest request, ServiceException e) {
    return error(
        request, UUID.randomUUID().toString(), request.headers().getOrEmpty("x-ms-version"), e);
  }

  /** The answer with an error that was injected. */
  public HttpResponse refuse(Call call, ServiceException e) {
    return error(
        call.http(), call.requestId(), call.http().headers().getOrEmpty("x-ms-version"), e);
  }

  /** Does what the request wants. */
  public HttpResponse answer(Call call) {
    return guard(call, this::perform);
  }

  private HttpResponse guard(Call call, Function<Call, HttpResponse> operation) {
    String version = call.header("x-ms-version").orElse(call.target().param("sv"));
    try {
      HttpResponse response = operation.apply(call);
      common(response.headers(), call.http(), call.requestId(), version);
      return response;
    } catch (ServiceException e) {
      return error(call.http(), call.requestId(), version, e);
    } catch (RuntimeException e) {
      LOG.error("{} failed, request id {}", call.operation(), call.requestId(), e);
      return error(
          call.http(), call.requestId(), version, new ServiceException(ErrorCode.InternalError));
    }
  }

  private HttpResponse perform(Call call) {
    authorization.check(call);
    String version = call.header("x-ms-version").orElse(call.target().param("sv"));
    if (version.isEmpty()) {
      throw ServiceException.missingHeader("x-ms-version");
    }
    if (!Versions.known(version)) {
      throw ServiceException.invalidHeader("x-ms-version", version);
    }
    call.version(version);
    if (call.http().chunked() && call.method().equals("PUT")) {
      throw new ServiceException(ErrorCode.MissingContentLengthHeader);
    }
    if (call.http().bodyTooLarge() && call.operation() != Operation.PutRange) {
      throw new ServiceException(ErrorCode.RequestBodyTooLarge);
    }
    checkTimeout(call);
    checkConditions(call);
    if (!call.target().share().isEmpty()) {
      Names.checkShare(call.target().share());
    }
    if (!call.target().param("sharesnapshot").isEmpty()
        && !ON_SNAPSHOTS.contains(call.operation())) {
      throw new ServiceException(ErrorCode.ShareSnapshotOperationNotSupported);
    }
    return dispatch(call);
  }

  private static void checkTimeout(Call call) {
    String text = call.target().param("timeout");
    if (!text.isEmpty() && !text.matches("\\d{1,9}")) {
      throw ServiceException.invalidQuery("timeout", text, "Invalid integer value.");
    }
  }

  /**
   * The service has no conditional requests on directories and files: a client that counts on them
   * must hear of it.
   */
  private static void checkConditions(Call call) {
    if (call.operation().level() != Operation.Level.OBJECT) {
      return;
    }
    for (String name : CONDITIONS) {
      if (call.header(name).isPresent()) {
        throw new ServiceException(ErrorCode.ConditionHeadersNotSupported)
            .element("HeaderName", name);
      }
    }
  }

  private HttpResponse dispatch(Call call) {
    return switch (call.operation()) {
      case ListShares -> service.list(call, endpoint(call));
      case GetServiceProperties -> service.getProperties();
      case SetServiceProperties -> service.setProperties(call);
      case CreateShare -> shares.create(call);
      case GetShareProperties -> shares.properties(call);
      case GetShareMetadata -> shares.getMetadata(call);
      case SetShareMetadata -> shares.setMetadata(call);
      case SetShareProperties -> shares.setProperties(call);
      case GetShareStats -> shares.stats(call);
      case GetShareAcl -> shares.getAcl(call);
      case SetShareAcl -> shares.setAcl(call);
      case DeleteShare -> shares.delete(call);
      case SnapshotShare -> shares.snapshot(call);
      case RestoreShare -> shares.restore(call);
      case LeaseShare -> shareLeases.lease(call);
      case CreatePermission -> shares.createPermission(call);
      case GetPermission -> shares.getPermission(call);
      case CreateDirectory -> directories.create(call);
      case GetDirectoryProperties -> directories.properties(call);
      case GetDirectoryMetadata -> directories.getMetadata(call);
      case SetDirectoryProperties -> directories.setProperties(call);
      case SetDirectoryMetadata -> directories.setMetadata(call);
      case DeleteDirectory -> directories.delete(call);
      case RenameDirectory -> renames.rename(call, true);
      case ListDirectoriesAndFiles -> listing.list(call, endpoint(call));
      case CreateFile -> files.create(call);
      case GetFile -> files.get(call);
      case GetFileProperties -> files.properties(call);
      case GetFileMetadata -> files.getMetadata(call);
      case SetFileProperties -> files.setProperties(call);
      case SetFileMetadata -> files.setMetadata(call);
      case PutRange -> ranges.put(call);
      case ClearRange -> ranges.clear(call);
      case PutRangeFromURL -> ranges.putFromUrl(call);
      case ListRanges -> ranges.list(call);
      case DeleteFile -> files.delete(call);
      case RenameFile -> renames.rename(call, false);
      case CopyFile -> copies.copy(call);
      case AbortCopy -> copies.abort(call);
      case LeaseFile -> fileLeases.lease(call);
      case ListHandles -> handles.list(call);
      case ForceCloseHandles -> handles.close(call);
      case CreateHardLink -> links.hard(call);
      case CreateSymbolicLink -> links.symbolic(call);
      case GetSymbolicLink -> links.getSymbolic(call);
      case Unknown -> throw unknown(call);
    };
  }

  private static ServiceException unknown(Call call) {
    if (!Set.of("GET", "HEAD", "PUT", "DELETE").contains(call.method())) {
      return new ServiceException(ErrorCode.UnsupportedHttpVerb);
    }
    String name = call.target().query().containsKey("comp") ? "comp" : "restype";
    return ServiceException.invalidQuery(
        name, call.target().param(name), "Invalid query parameter value.");
  }

  /** How the client reaches the account, ending in a slash. */
  private String endpoint(Call call) {
    String host = call.header("Host").orElse("localhost");
    boolean pathStyle =
        call.http().rawPath().equals("/" + accountName)
            || call.http().rawPath().startsWith("/" + accountName + "/");
    return "http://" + host + "/" + (pathStyle ? accountName + "/" : "");
  }

  private static void common(HttpFields h, HttpRequest http, String requestId, String version) {
    h.add("x-ms-request-id", requestId);
    if (!version.isEmpty()) {
      h.add("x-ms-version", version);
    }
    http.headers()
        .get("x-ms-client-request-id")
        .filter(id -> id.length() <= MAX_CLIENT_ID)
        .ifPresent(id -> h.add("x-ms-client-request-id", id));
    h.add("Date", Ticks.rfc1123(Ticks.of(Instant.now()))).add("Server", SERVER);
  }

  private static HttpResponse error(
      HttpRequest http, String requestId, String version, ServiceException e) {
    HttpFields h = new HttpFields().add("x-ms-error-code", e.code());
    e.headers().forEach(h::add);
    boolean unauthenticated = e.code().equals(ErrorCode.AuthenticationFailed.name());
    common(h, http, requestId, unauthenticated ? "" : version);
    if (http.method().equals("HEAD")) {
      return new HttpResponse(e.status(), h, new HttpResponse.HeadOnly(-1));
    }
    XmlText xml = new XmlText().open("Error").element("Code", e.code());
    String time = Ticks.iso(Ticks.of(Instant.now()));
    xml.element("Message", e.text() + "\nRequestId:" + requestId + "\nTime:" + time);
    e.elements().forEach(xml::element);
    xml.close("Error");
    h.add("Content-Type", "application/xml");
    return new HttpResponse(e.status(), h, new HttpResponse.Bytes(xml.bytes(), false));
  }
}
