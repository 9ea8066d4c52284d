package io.batchmount.emulator.files.protocol;

import io.batchmount.emulator.files.http.HttpFields;
import io.batchmount.emulator.files.http.HttpResponse;
import io.batchmount.emulator.files.model.Account;
import java.util.List;

/** List and close handles of SMB clients: there are none, ever. */
final class HandleOperations {
  private final Account account;

  HandleOperations(Account account) {
    this.account = account;
  }

  HttpResponse list(Call call) {
    Paging.size(call);
    call.flag("x-ms-recursive", false);
    List<String> path = call.path();
    XmlText xml = new XmlText().open("EnumerationResults");
    if (!call.target().param("marker").isEmpty()) {
      xml.element("Marker", call.target().param("marker"));
    }
    if (call.target().query().containsKey("maxresults")) {
      xml.element("MaxResults", call.target().param("maxresults"));
    }
    xml.raw("<Entries />").element("NextMarker", "").close("EnumerationResults");
    return account.read(
        () -> {
          Located.of(account, call, path).node();
          return Answers.xml(new HttpFields(), xml);
        });
  }

  HttpResponse close(Call call) {
    String id = call.required("x-ms-handle-id");
    if (!id.equals("*") && !id.matches("\\d{1,20}")) {
      throw ServiceException.invalidHeader("x-ms-handle-id", id);
    }
    call.flag("x-ms-recursive", false);
    List<String> path = call.path();
    return account.read(
        () -> {
          Located.of(account, call, path).node();
          HttpFields h =
              new HttpFields()
                  .add("x-ms-number-of-handles-closed", "0")
                  .add("x-ms-number-of-handles-failed", "0");
          return HttpResponse.empty(200, h);
        });
  }
}
