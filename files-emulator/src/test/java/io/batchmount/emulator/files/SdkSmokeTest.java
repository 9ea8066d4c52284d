package io.batchmount.emulator.files;

import static org.assertj.core.api.Assertions.assertThat;

import com.azure.core.http.HttpPipelineCallContext;
import com.azure.core.http.HttpPipelineNextPolicy;
import com.azure.core.http.HttpPipelineNextSyncPolicy;
import com.azure.core.http.HttpPipelinePosition;
import com.azure.core.http.HttpResponse;
import com.azure.core.http.policy.HttpPipelinePolicy;
import com.azure.core.util.BinaryData;
import com.azure.storage.common.StorageSharedKeyCredential;
import com.azure.storage.file.share.ShareClient;
import com.azure.storage.file.share.ShareFileClient;
import com.azure.storage.file.share.ShareServiceClient;
import com.azure.storage.file.share.ShareServiceClientBuilder;
import com.azure.storage.file.share.models.ShareFileItem;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** The Java client against the emulator, with the policy that docs/files-emulator.md shows. */
class SdkSmokeTest {

  /**
   * The client drops port and path of its endpoint; this puts them back, before the request is
   * signed.
   */
  private record EndpointPolicy(URI endpoint) implements HttpPipelinePolicy {
    private void rewrite(HttpPipelineCallContext context) {
      URL url = context.getHttpRequest().getUrl();
      try {
        context.getHttpRequest().setUrl(new URL(endpoint + url.getFile()));
      } catch (MalformedURLException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public Mono<HttpResponse> process(
        HttpPipelineCallContext context, HttpPipelineNextPolicy next) {
      rewrite(context);
      return next.process();
    }

    @Override
    public HttpResponse processSync(
        HttpPipelineCallContext context, HttpPipelineNextSyncPolicy next) {
      rewrite(context);
      return next.processSync();
    }

    @Override
    public HttpPipelinePosition getPipelinePosition() {
      return HttpPipelinePosition.PER_CALL;
    }
  }

  @Test
  void filesGoInAndOut() throws IOException {
    try (FilesEmulator emulator = FilesEmulator.builder().start()) {
      ShareServiceClient service =
          new ShareServiceClientBuilder()
              .endpoint("http://" + FilesEmulator.DEVELOPMENT_ACCOUNT + ".file.core.windows.net")
              .credential(
                  new StorageSharedKeyCredential(
                      FilesEmulator.DEVELOPMENT_ACCOUNT, FilesEmulator.DEVELOPMENT_KEY))
              .addPolicy(new EndpointPolicy(emulator.endpoint()))
              .buildClient();
      ShareClient share = service.createShare("sdk");
      share.createDirectory("d");
      ShareFileClient file = share.getDirectoryClient("d").createFile("f \u00fc.txt", 6 << 20);
      byte[] bytes = new byte[6 << 20];
      new java.util.Random(5).nextBytes(bytes);
      file.upload(BinaryData.fromBytes(bytes).toStream(), bytes.length, null);
      java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
      file.download(out);
      assertThat(out.toByteArray()).isEqualTo(bytes);
      assertThat(file.getProperties().getContentLength()).isEqualTo(bytes.length);
      assertThat(
              share.getDirectoryClient("d").listFilesAndDirectories().stream()
                  .map(ShareFileItem::getName))
          .containsExactly("f \u00fc.txt");
      ShareFileClient moved = file.rename("d/moved.txt");
      assertThat(moved.exists()).isTrue();
      assertThat(file.exists()).isFalse();
      share.delete();
    }
  }
}
