package io.batchmount.emulator.files.protocol;

import io.batchmount.emulator.files.http.HttpFields;
import io.batchmount.emulator.files.http.HttpResponse;
import io.batchmount.emulator.files.model.Account;
import io.batchmount.emulator.files.model.Change;
import io.batchmount.emulator.files.model.Lease;
import io.batchmount.emulator.files.model.Share;
import io.batchmount.emulator.files.model.Ticks;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Operations on the account: listing of shares, service properties. */
final class ServiceOperations {
  private static final String LIVE = "9999-12-31T23:59:59.9999999Z";

  private final Account account;
  private final Duration retention;

  ServiceOperations(Account account, Duration retention) {
    this.account = account;
    this.retention = retention;
  }

  /** An entry of the listing, and the marker that begins a page with it. */
  private record Item(Share share, String snapshot, boolean deleted, String marker) {
    /**
     * By name, then as the rest of the markers: a hyphen in a name comes before the slash behind
     * it.
     */
    boolean notBefore(String other, int accountPart) {
      int end = other.indexOf('/', accountPart);
      String name = other.substring(accountPart, end < 0 ? other.length() : end);
      int order = share.name().compareTo(name);
      return order > 0 || (order == 0 && marker.compareTo(other) >= 0);
    }
  }

  HttpResponse list(Call call, String endpoint) {
    int size = Paging.size(call);
    List<String> include = call.target().list("include");
    for (String word : include) {
      if (!List.of("metadata", "snapshots", "deleted").contains(word)) {
        throw ServiceException.invalidQuery("include", word, "Invalid query parameter value.");
      }
    }
    String prefix = call.target().param("prefix");
    String marker = call.target().param("marker");
    String accountPart = "/" + call.account() + "/";
    if (!marker.isEmpty() && !marker.startsWith(accountPart)) {
      throw ServiceException.invalidQuery(
          "marker", marker, "The marker is not one that the service gave.");
    }
    XmlText xml = new XmlText();
    xml.raw("<EnumerationResults ServiceEndpoint=\"" + XmlText.escape(endpoint) + "\">");
    if (!prefix.isEmpty()) {
      xml.element("Prefix", prefix);
    }
    if (!marker.isEmpty()) {
      xml.element("Marker", marker);
    }
    if (call.target().query().containsKey("maxresults")) {
      xml.element("MaxResults", call.target().param("maxresults"));
    }
    account.read(
        () -> {
          List<Item> items = items(prefix, include, accountPart);
          List<Item> rest =
              items.stream()
                  .filter(i -> marker.isEmpty() || i.notBefore(marker, accountPart.length()))
                  .limit(size + 1L)
                  .toList();
          List<Item> page = rest.subList(0, Math.min(size, rest.size()));
          if (page.isEmpty()) {
            xml.raw("<Shares />");
          } else {
            xml.open("Shares");
            page.forEach(i -> share(xml, call, i, include.contains("metadata")));
            xml.close("Shares");
          }
          xml.element("NextMarker", rest.size() > size ? rest.get(size).marker : "");
          return xml.close("EnumerationResults");
        });
    return Answers.xml(new HttpFields(), xml);
  }

  private List<Item> items(String prefix, List<String> include, String accountPart) {
    List<Item> items = new ArrayList<>();
    for (Share s : account.shares().tailMap(prefix, true).values()) {
      if (!s.name().startsWith(prefix)) {
        break;
      }
      String key = accountPart + s.name() + "/" + Ticks.fileTimeHex(s.created()) + "/";
      if (include.contains("snapshots")) {
        s.snapshots()
            .forEach((time, snapshot) -> items.add(new Item(snapshot, time, false, key + time)));
      }
      items.add(new Item(s, "", false, key + LIVE));
    }
    if (include.contains("deleted")) {
      long now = Ticks.of(Instant.now());
      account.deleted().stream()
          .filter(
              s ->
                  s.name().startsWith(prefix)
                      && s.deletedAt() + retention.toSeconds() * Ticks.SECOND > now)
          .map(
              s ->
                  new Item(
                      s,
                      "",
                      true,
                      accountPart + s.name() + "/" + Ticks.fileTimeHex(s.created()) + "/" + LIVE))
          .forEach(items::add);
      items.sort(
          java.util.Comparator.comparing((Item i) -> i.share.name()).thenComparing(Item::marker));
    }
    return items;
  }

  private void share(XmlText xml, Call call, Item item, boolean metadata) {
    Share s = item.share;
    xml.open("Share").element("Name", s.name());
    if (!item.snapshot.isEmpty()) {
      xml.element("Snapshot", item.snapshot);
    }
    if (item.deleted) {
      xml.element("Deleted", "true").element("Version", Ticks.fileTimeHex(s.deletedAt()));
    }
    xml.open("Properties")
        .element("Last-Modified", Ticks.rfc1123(s.etag()))
        .element("Etag", Ticks.etag(s.etag()));
    if (call.since(Versions.SHARE_LEASES)) {
      Lease lease = s.lease().at(Ticks.of(Instant.now()));
      xml.element("LeaseStatus", lease.status()).element("LeaseState", lease.state().text());
      lease.duration().ifPresent(d -> xml.element("LeaseDuration", d));
    }
    xml.element("Quota", Integer.toString(s.quotaGiB()));
    if (!s.protocols().isEmpty()) {
      xml.element("EnabledProtocols", s.protocols());
    }
    if (!s.rootSquash().isEmpty()) {
      xml.element("RootSquash", s.rootSquash());
    }
    if (item.snapshot.isEmpty()) {
      xml.element("AccessTier", s.accessTier());
      if (Provisioned.applies(s)) {
        Provisioned.of(s).addTo(xml);
      } else {
        xml.element("AccessTierChangeTime", Ticks.rfc1123(s.tierChanged()));
        if (!s.tierTransition().isEmpty()) {
          xml.element("AccessTierTransitionState", s.tierTransition());
        }
      }
    }
    xml.element("DefaultEncryptionScope", "$account-encryption-key")
        .element("DenyEncryptionScopeOverride", "false");
    if (item.deleted) {
      Duration gone = Duration.between(Ticks.instant(s.deletedAt()), Instant.now());
      xml.element("DeletedTime", Ticks.rfc1123(s.deletedAt()))
          .element(
              "RemainingRetentionDays", Long.toString(Math.max(0, retention.minus(gone).toDays())));
    }
    xml.close("Properties");
    if (metadata) {
      metadata(xml, s.metadata());
    }
    xml.close("Share");
  }

  private static void metadata(XmlText xml, Map<String, String> values) {
    if (values.isEmpty()) {
      xml.raw("<Metadata />");
      return;
    }
    xml.open("Metadata");
    values.forEach(xml::element);
    xml.close("Metadata");
  }

  HttpResponse getProperties() {
    return account.read(
        () -> {
          String xml =
              account.serviceProperties().isEmpty()
                  ? ServiceProperties.DEFAULT
                  : account.serviceProperties();
          return Answers.xml(new HttpFields(), new XmlText().raw(xml));
        });
  }

  HttpResponse setProperties(Call call) {
    byte[] body = call.http().body();
    return account.write(
        tx -> {
          String old =
              account.serviceProperties().isEmpty()
                  ? ServiceProperties.DEFAULT
                  : account.serviceProperties();
          String xml = ServiceProperties.merge(old, body);
          account.serviceProperties(xml);
          tx.add(new Change.ServicePropertiesSet(xml));
          return HttpResponse.empty(202, new HttpFields());
        });
  }
}
