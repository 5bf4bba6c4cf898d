// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.nextclick.model.bundle.BundleSignature;
import io.nextclick.model.bundle.ModelBundle;
import io.nextclick.model.sign.SigningKey;
import io.nextclick.serving.config.InvalidConfigurationException;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** With {@code model.trustedKeys}, a running service takes what one of them signed, no more. */
@Timeout(120)
class SignedModelsTest {

  private static final SigningKey OURS = SigningKey.generate();
  private static final SigningKey NEXT = SigningKey.generate();
  private static final SigningKey FOREIGN = SigningKey.generate();

  @TempDir private Path directory;
  private String ours;
  private String next;

  @BeforeEach
  void writeKeys() throws IOException {
    ours = key("ours.pub", OURS.publicPem());
    next = key("next.pub", NEXT.publicPem());
  }

  @Test
  void watch_whatNobodyTrustedSigned_isNamedAndReplacesNothing() throws Exception {
    publish("v1", 1);
    sign("v1", OURS);
    try (RunningService service = start("active: shop", ours)) {
      assertThat(version(service)).isEqualTo("v1");

      publish("v2", 2);
      awaitRefused(service, "v2", "signature.json: is missing: only models signed with a trusted");
      assertActivationRefused(service, "v2", "signature.json: is missing");

      sign("v2", FOREIGN);
      awaitRefused(service, "v2", "signature.json: is by a key that is not trusted");
      assertActivationRefused(service, "v2", "is by a key that is not trusted");

      Files.copy(
          model("v1").resolve("signature.json"),
          model("v2").resolve("signature.json"),
          StandardCopyOption.REPLACE_EXISTING);
      awaitRefused(service, "v2", "is of another model, but lies in shop/v2");
      assertActivationRefused(service, "v2", "is of another model, but lies in shop/v2");
      assertThat(version(service)).isEqualTo("v1");
      assertThat(service.admin("/ready").statusCode()).isEqualTo(200);

      sign("v2", OURS);
      await().atMost(30, SECONDS).until(() -> version(service).equals("v2"));
      assertThat(models(service).at("/refused")).isEmpty();
    }
  }

  @Test
  void start_keysChange_aVersionOfAnotherKeyDoesNotServe() throws Exception {
    publish("v1", 1);
    publish("v2", 2);
    sign("v1", OURS);
    sign("v2", NEXT);
    try (RunningService service = start("active: shop/v1", ours, next)) {
      assertThat(service.post("/v1/models/shop/v2/activate", "").statusCode()).isEqualTo(200);
      assertThat(version(service)).isEqualTo("v2");
    }
    // What a call routed to is no longer trusted; what is configured is.
    try (RunningService service = start("active: shop/v1", ours)) {
      assertThat(version(service)).isEqualTo("v1");
    }
    assertThatThrownBy(() -> start("active: shop/v1, shadows: [shop/v2]", next))
        .hasMessageContaining("shop/v1/signature.json: is by a key that is not trusted");
  }

  @Test
  void start_filesThatHoldNoPublicKey_areRefusedWithTheSetting() throws Exception {
    String secret = key("ours.key", OURS.privatePem());
    assertThatThrownBy(() -> start("active: null", ours, secret))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContainingAll(
            "model.trustedKeys: " + secret,
            "holds a private key, which must not lie here",
            "nextclick.yml, line 6");
    assertThatThrownBy(() -> start("active: null", directory.resolve("none.pub").toString()))
        .hasMessageContaining("none.pub: no such file; check the path");
    assertThat(directory.resolve("store")).doesNotExist();
  }

  private void assertActivationRefused(RunningService service, String version, String reason)
      throws Exception {
    HttpResponse<String> response = service.post("/v1/models/shop/" + version + "/activate", "");
    assertThat(response.statusCode()).isEqualTo(422);
    assertThat(response.body()).contains("not activated, nothing changed", reason);
    assertThat(version(service)).isEqualTo("v1");
  }

  private static void awaitRefused(RunningService service, String version, String reason) {
    await()
        .atMost(30, SECONDS)
        .until(() -> models(service).at("/refused/shop~1" + version).asText().contains(reason));
  }

  private RunningService start(String model, String... keys) throws Exception {
    String yaml =
        """
        kafka: none
        model: {directory: "%s", backend: vector, watch: 50ms, trustedKeys: ["%s"], %s}\
        """
            .formatted(directory.resolve("models"), String.join("\", \"", keys), model);
    return RunningService.start(directory, yaml);
  }

  private String key(String name, String pem) throws IOException {
    return Files.writeString(directory.resolve(name), pem).toString();
  }

  private void publish(String version, int seed) throws IOException {
    RandomModel.publish(directory.resolve("models"), version, 20, seed);
  }

  private Path model(String version) {
    return directory.resolve("models/shop").resolve(version);
  }

  private void sign(String version, SigningKey key) throws IOException {
    BundleSignature.sign(ModelBundle.open(model(version)), key);
  }

  private static JsonNode models(RunningService service) throws Exception {
    return RunningService.json(service.get("/v1/models"));
  }

  private static String version(RunningService service) throws Exception {
    HttpResponse<String> response =
        service.post("/v1/rank", "{\"user\":\"u1\",\"candidates\":[\"i1\",\"i2\"]}");
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return RunningService.json(response).at("/model/version").asText();
  }
}
