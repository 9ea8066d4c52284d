package io.batchmount.emulator.files.protocol;

import io.batchmount.emulator.files.model.Share.Policy;
import io.batchmount.emulator.files.model.Ticks;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.w3c.dom.Element;

/** The XML of stored access policies. */
final class AccessPolicies {
  private static final int MAX_POLICIES = 5;
  private static final int MAX_ID = 64;

  private AccessPolicies() {}

  static List<Policy> read(byte[] body) {
    List<Policy> policies = new ArrayList<>();
    for (Element e : XmlDocuments.children(XmlDocuments.parse(body, "SignedIdentifiers"))) {
      String id = XmlDocuments.text(e, "Id");
      if (!e.getTagName().equals("SignedIdentifier") || id.isEmpty() || id.length() > MAX_ID) {
        throw new ServiceException(ErrorCode.InvalidXmlDocument);
      }
      Optional<Element> policy = XmlDocuments.child(e, "AccessPolicy");
      policies.add(
          policy
              .map(
                  p ->
                      new Policy(
                          id,
                          true,
                          time(XmlDocuments.text(p, "Start")),
                          time(XmlDocuments.text(p, "Expiry")),
                          permission(XmlDocuments.text(p, "Permission"))))
              .orElse(new Policy(id, false, "", "", "")));
    }
    if (policies.size() > MAX_POLICIES) {
      throw new ServiceException(ErrorCode.InvalidXmlDocument);
    }
    return policies;
  }

  private static String permission(String text) {
    if (!text.chars().allMatch(c -> "rcwdl".indexOf(c) >= 0)) {
      throw new ServiceException(ErrorCode.InvalidXmlDocument);
    }
    return text;
  }

  private static String time(String text) {
    if (text.isEmpty()) {
      return "";
    }
    return Ticks.parseIso(text)
        .or(() -> Ticks.parseIso(text.replaceFirst("Z$", ":00Z")))
        .map(Ticks::iso)
        .orElseThrow(() -> new ServiceException(ErrorCode.InvalidXmlDocument));
  }

  static XmlText write(List<Policy> policies) {
    XmlText xml = new XmlText();
    if (policies.isEmpty()) {
      return xml.raw("<SignedIdentifiers />");
    }
    xml.open("SignedIdentifiers");
    for (Policy p : policies) {
      xml.open("SignedIdentifier").element("Id", p.id());
      if (p.present()) {
        xml.open("AccessPolicy");
        part(xml, "Start", p.start());
        part(xml, "Expiry", p.expiry());
        part(xml, "Permission", p.permission());
        xml.close("AccessPolicy");
      }
      xml.close("SignedIdentifier");
    }
    return xml.close("SignedIdentifiers");
  }

  private static void part(XmlText xml, String name, String text) {
    if (!text.isEmpty()) {
      xml.element(name, text);
    }
  }
}
