// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import kafka.server.KafkaConfig;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The compose file, held against the application, the image and the broker. */
class ComposeTest {

  private static final Path DEPLOY = ImageTest.ROOT.resolve("deploy");
  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

  private JsonNode services;
  private JsonNode nextclick;
  private ImageDefinition image;
  @TempDir Path directory;

  @BeforeEach
  void readFiles() throws IOException {
    services = yaml("compose.yaml").path("services");
    nextclick = services.path("nextclick");
    image = ImageDefinition.read(DEPLOY.resolve("Dockerfile"));
  }

  @Test
  void nextclick_isBuiltFromTheDockerfile() {
    Path context = DEPLOY.resolve(nextclick.at("/build/context").textValue());

    assertThat(context.resolve(nextclick.at("/build/dockerfile").textValue()))
        .isRegularFile()
        .hasSameTextualContentAs(DEPLOY.resolve("Dockerfile"));
  }

  @Test
  void nextclick_runsWithoutRightsThatItDoesNotNeed() {
    assertThat(nextclick.path("read_only").booleanValue()).isTrue();
    assertThat(nextclick.path("tmpfs").path(0).textValue()).startsWith("/tmp:exec");
    assertThat(nextclick.path("volumes").path(0).textValue()).endsWith(":" + image.last("VOLUME"));
    assertThat(nextclick.path("cap_drop").path(0).textValue()).isEqualTo("ALL");
  }

  @Test
  void ports_areTheOnesOfConfigurationImageAndPrometheus() throws IOException {
    JsonNode server = yaml("nextclick.yml").path("server");
    int port = server.at("/applicationConnectors/0/port").intValue();
    int adminPort = server.at("/adminConnectors/0/port").intValue();

    assertThat(image.last("EXPOSE")).isEqualTo(port + " " + adminPort);
    assertThat(texts(nextclick.path("ports")))
        .containsExactly(
            "127.0.0.1:" + port + ":" + port, "127.0.0.1:" + adminPort + ":" + adminPort);
    assertThat(prometheus().at("/static_configs/0/targets/0").textValue())
        .isEqualTo("nextclick:" + adminPort);
  }

  @Test
  void environment_namesVariablesThatTheConfigurationReads() throws IOException {
    String configuration = Files.readString(DEPLOY.resolve("nextclick.yml"));

    nextclick
        .path("environment")
        .fieldNames()
        .forEachRemaining(name -> assertThat(configuration).contains("${" + name + ":-"));
    image.environment().keySet().stream()
        .filter(name -> name.startsWith("NEXTCLICK"))
        .forEach(name -> assertThat(configuration).contains("${" + name + ":-"));
  }

  @Test
  void kafka_listensWhereNextclickLooks() {
    String servers = nextclick.at("/environment/NEXTCLICK_KAFKA").textValue();
    JsonNode kafka = services.path(servers.replaceFirst(":.*", "")).path("environment");

    assertThat(kafka.path("KAFKA_ADVERTISED_LISTENERS").textValue())
        .isEqualTo("PLAINTEXT://" + servers);
    assertThat(kafka.path("KAFKA_LISTENERS").textValue())
        .contains("PLAINTEXT://" + servers.replaceFirst(".*:", ":"));
  }

  @Test
  void kafka_everySetting_isKnownToTheBroker() {
    services
        .at("/kafka/environment")
        .fieldNames()
        .forEachRemaining(name ->
            assertThat(KafkaConfig.configNames().contains(setting(name))).as(name).isTrue());
  }

  @Test
  void prometheus_readsWhatTheServiceServes() throws Exception {
    String file = services.at("/prometheus/volumes/0").textValue().split(":")[0];
    assertThat(DEPLOY.resolve(file)).isRegularFile();
    String path = prometheus().path("metrics_path").textValue();

    try (RunningService service = RunningService.start(directory, "kafka: none")) {
      var answer = service.admin(path);

      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body()).contains("# TYPE nextclick_");
    }
  }

  @Test
  void images_areOfOneVersion() {
    services
        .propertyStream()
        .map(service -> service.getValue().path("image").asText("built:here"))
        .forEach(name -> assertThat(name).contains(":").doesNotEndWith(":latest"));
  }

  /** The broker's name of a setting, from that of the variable. */
  private static String setting(String variable) {
    return variable.replaceFirst("^KAFKA_", "").replace('_', '.').toLowerCase(Locale.ROOT);
  }

  private static JsonNode prometheus() throws IOException {
    return yaml("prometheus.yml").at("/scrape_configs/0");
  }

  private static JsonNode yaml(String file) throws IOException {
    return YAML.readTree(DEPLOY.resolve(file).toFile());
  }

  private static List<String> texts(JsonNode list) {
    return list.valueStream().map(JsonNode::textValue).toList();
  }
}
