package io.batchmount.emulator.files.protocol;

import io.batchmount.emulator.files.http.HttpFields;
import io.batchmount.emulator.files.model.Share;
import io.batchmount.emulator.files.model.Ticks;

/**
 * What a provisioned (premium) share of a size is given, by the documented formulas.
 *
 * @param iops operations a second
 * @param bandwidthMibps MiB a second; in and out are told apart and given alike
 * @param nextDowngrade when the quota may be lowered next
 */
record Provisioned(int iops, int bandwidthMibps, String nextDowngrade) {
  private static final int BASE_IOPS = 3_000;
  private static final int MOST_IOPS = 100_000;
  private static final int BASE_MIBPS = 100;
  private static final int GIB_PER_MIBPS = 10;
  private static final int MOST_MIBPS = 10_340;

  /** Of a share that {@linkplain #applies is one}. */
  static Provisioned of(Share share) {
    int gib = share.quotaGiB();
    return new Provisioned(
        Math.min(BASE_IOPS + gib, MOST_IOPS),
        Math.min(BASE_MIBPS + gib / GIB_PER_MIBPS, MOST_MIBPS),
        Ticks.rfc1123(share.created()));
  }

  /** Whether the share is a provisioned one. */
  static boolean applies(Share share) {
    return share.accessTier().equals("Premium");
  }

  void addTo(HttpFields h) {
    String mibps = Integer.toString(bandwidthMibps);
    h.add("x-ms-share-provisioned-iops", Integer.toString(iops))
        .add("x-ms-share-provisioned-bandwidth-mibps", mibps)
        .add("x-ms-share-provisioned-ingress-mbps", mibps)
        .add("x-ms-share-provisioned-egress-mbps", mibps)
        .add("x-ms-share-next-allowed-quota-downgrade-time", nextDowngrade);
  }

  void addTo(XmlText xml) {
    String mibps = Integer.toString(bandwidthMibps);
    xml.element("ProvisionedIops", Integer.toString(iops))
        .element("ProvisionedBandwidthMiBps", mibps)
        .element("ProvisionedIngressMBps", mibps)
        .element("ProvisionedEgressMBps", mibps)
        .element("NextAllowedQuotaDowngradeTime", nextDowngrade);
  }
}
