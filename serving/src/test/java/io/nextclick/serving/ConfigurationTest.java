// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.dropwizard.configuration.ConfigurationException;
import io.dropwizard.configuration.UndefinedEnvironmentVariableException;
import io.dropwizard.core.server.DefaultServerFactory;
import io.dropwizard.core.setup.Bootstrap;
import io.dropwizard.jetty.ConnectorFactory;
import io.dropwizard.jetty.HttpConnectorFactory;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.serving.config.NextclickConfiguration;
import io.nextclick.serving.server.Hardening;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigurationTest {

  private static final Path SHIPPED = Path.of("..", "deploy", "nextclick.yml");

  private final Bootstrap<NextclickConfiguration> bootstrap = bootstrap();
  @TempDir Path directory;

  @Test
  void shippedFile_everyKey_isTheDefault() throws Exception {
    NextclickConfiguration shipped = NextclickServer.read(bootstrap, SHIPPED);
    NextclickConfiguration defaults = NextclickServer.read(bootstrap, null);

    assertThat(hardened(shipped)).isEqualTo(hardened(defaults));
  }

  @Test
  void defaults_ofTheFold_areTheOnesOfTheFold() throws Exception {
    assertThat(NextclickServer.read(bootstrap, null).fold()).isEqualTo(FoldSettings.DEFAULT);
  }

  @Test
  void shippedFile_ourSections_nameEveryKey() throws Exception {
    JsonNode known = bootstrap.getObjectMapper().valueToTree(NextclickServer.read(bootstrap, null));
    JsonNode written = new ObjectMapper(new YAMLFactory()).readTree(SHIPPED.toFile());

    for (Field section : NextclickConfiguration.class.getDeclaredFields()) {
      if (section.isAnnotationPresent(JsonProperty.class)) {
        String name = section.getName();
        assertThat(Set.copyOf(keys(written.path(name))))
            .as(name)
            .isEqualTo(Set.copyOf(keys(known.get(name))));
      }
    }
  }

  private static List<String> keys(JsonNode section) {
    return section.propertyStream().map(Map.Entry::getKey).toList();
  }

  @Test
  void defaults_afterHardening_leaveNothingOpen() throws Exception {
    for (Path file : new Path[] {SHIPPED, write("server: {minThreads: 8}")}) {
      NextclickConfiguration configuration = NextclickServer.read(bootstrap, file);
      Hardening.apply(configuration.getServerFactory());
      DefaultServerFactory server = (DefaultServerFactory) configuration.getServerFactory();

      server.getApplicationConnectors().forEach(ConfigurationTest::assertLimited);
      server.getAdminConnectors().forEach(ConfigurationTest::assertLimited);
      assertThat(server.getAdminConnectors())
          .allSatisfy(connector ->
              assertThat(((HttpConnectorFactory) connector).getBindHost()).isEqualTo("127.0.0.1"));
      assertThat(server.getShutdownGracePeriod().toSeconds()).isBetween(1L, 8L);
      assertThat(server.getGzipFilterFactory().isEnabled()).isFalse();
      assertThat(server.getRequestLogFactory().isEnabled()).isFalse();
      assertThat(server.getEnableThreadNameFilter()).isFalse();
      assertThat(server.getAllowedMethods()).doesNotContain("TRACE");
    }
  }

  @Test
  void kafka_oneWord_isShortForServers() throws Exception {
    assertThat(NextclickServer.read(bootstrap, write("kafka: none")).kafka().source()).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "kafka: {serverz: none}",
        "store: {maxHistory: 0}",
        "requests: {maxBody: many}",
        "ranking: {deadline: soon}",
        "nothing: 1"
      })
  void file_unknownKeyOrBadValue_isRefusedByName(String yaml) {
    String key = yaml.replaceAll(".*?([a-zA-Z]+): [^{].*", "$1");

    assertThatThrownBy(() -> NextclickServer.read(bootstrap, write(yaml)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(key);
  }

  @ParameterizedTest
  @CsvSource({
    "requests: {maxWait: 61m}, must be from 0s to 1h",
    "requests: {maxBodyTime: 99ms}, must be from 100ms to 1h",
    "store: {retention: 3651d}, 'must be 0s, or from 1h to 3650d'",
    "answers: {window: 0s}, must be from 1ms to 3650d",
    "audit: {maxFile: 1B}, must be at least 1KiB",
    "answers: {grace: }, must not be null"
  })
  void file_settingOutOfItsBounds_isRefusedWithThem(String yaml, String bounds) {
    assertThatThrownBy(() -> NextclickServer.read(bootstrap, write(yaml)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(bounds);
  }

  @Test
  void file_boundsThemselves_areTaken() throws Exception {
    String yaml = "requests: {maxWait: 1h, maxBodyTime: 100ms}\nanswers: {window: 1ms}";

    assertThat(NextclickServer.read(bootstrap, write(yaml))).isNotNull();
  }

  @Test
  void file_unsetVariable_isRefused() {
    assertThatThrownBy(
            () -> NextclickServer.read(bootstrap, write("kafka: ${NEXTCLICK_NOBODY_SETS_THIS}")))
        .isInstanceOf(UndefinedEnvironmentVariableException.class);
  }

  @Test
  void file_unsetVariableWithDefault_takesIt() throws Exception {
    String yaml = "kafka: ${NEXTCLICK_NOBODY_SETS_THIS:-none}";

    assertThat(NextclickServer.read(bootstrap, write(yaml)).kafka().source()).isNull();
  }

  private static void assertLimited(ConnectorFactory connector) {
    HttpConnectorFactory http = (HttpConnectorFactory) connector;
    assertThat(http.getMinRequestDataPerSecond().toBytes()).isPositive();
    assertThat(http.getMinResponseDataPerSecond().toBytes()).isPositive();
    assertThat(http.getIdleTimeout().toSeconds()).isBetween(1L, 60L);
    assertThat(http.getMaxRequestHeaderSize().toBytes()).isEqualTo(8 << 10);
    assertThat(http.isUseServerHeader()).isFalse();
  }

  private JsonNode hardened(NextclickConfiguration configuration) {
    Hardening.apply(configuration.getServerFactory());
    ObjectNode tree = bootstrap.getObjectMapper().valueToTree(configuration);
    tree.withObject("/server").remove("allowedMethods"); // a set: its order says nothing
    return tree;
  }

  private Path write(String yaml) throws Exception {
    return Files.writeString(directory.resolve("test.yml"), yaml);
  }

  private static Bootstrap<NextclickConfiguration> bootstrap() {
    NextclickApplication application = new NextclickApplication();
    Bootstrap<NextclickConfiguration> bootstrap = new Bootstrap<>(application);
    application.initialize(bootstrap);
    return bootstrap;
  }
}
