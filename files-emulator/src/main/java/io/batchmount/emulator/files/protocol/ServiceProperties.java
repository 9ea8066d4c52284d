package io.batchmount.emulator.files.protocol;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.w3c.dom.Element;

/** The XML of the service properties: kept and given back, without any effect. */
final class ServiceProperties {
  private static final String OFF =
      "<Version>1.0</Version><Enabled>false</Enabled><RetentionPolicy><Enabled>false</Enabled></RetentionPolicy>";

  /** What an account has that nobody configured. */
  static final String DEFAULT =
      "<StorageServiceProperties><HourMetrics>"
          + OFF
          + "</HourMetrics><MinuteMetrics>"
          + OFF
          + "</MinuteMetrics><Cors /><ProtocolSettings><SMB><Multichannel><Enabled>false</Enabled></Multichannel></SMB>"
          + "</ProtocolSettings></StorageServiceProperties>";

  private static final List<String> PARTS =
      List.of("HourMetrics", "MinuteMetrics", "Cors", "ProtocolSettings");
  private static final int MAX_CORS_RULES = 5;

  private ServiceProperties() {}

  /** The old properties with the parts that the body has put in their place. */
  static String merge(String old, byte[] body) {
    Map<String, String> parts = new LinkedHashMap<>();
    for (Element e :
        XmlDocuments.children(
            XmlDocuments.parse(old.getBytes(StandardCharsets.UTF_8), "StorageServiceProperties"))) {
      parts.put(e.getTagName(), text(e));
    }
    for (Element e : XmlDocuments.children(XmlDocuments.parse(body, "StorageServiceProperties"))) {
      if (!PARTS.contains(e.getTagName())
          || (e.getTagName().equals("Cors") && XmlDocuments.children(e).size() > MAX_CORS_RULES)) {
        throw new ServiceException(ErrorCode.InvalidXmlDocument);
      }
      parts.put(e.getTagName(), text(e));
    }
    return "<StorageServiceProperties>"
        + String.join("", parts.values())
        + "</StorageServiceProperties>";
  }

  private static String text(Element element) {
    XmlText out = new XmlText();
    append(out, element);
    String text = new String(out.bytes(), StandardCharsets.UTF_8);
    return text.substring(text.indexOf("?>") + 2);
  }

  private static void append(XmlText out, Element element) {
    List<Element> children = XmlDocuments.children(element);
    if (children.isEmpty()) {
      out.element(element.getTagName(), element.getTextContent().strip());
      return;
    }
    out.open(element.getTagName());
    children.forEach(c -> append(out, c));
    out.close(element.getTagName());
  }
}
