// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientPropertiesTest {

  private static final KafkaSettings SETTINGS = KafkaSettings.of("localhost:9092");

  @Test
  void consumer_resetsNothingAndCommitsNothing() {
    assertThat(ClientProperties.consumer(SETTINGS, "group"))
        .containsEntry("auto.offset.reset", "none")
        .containsEntry("enable.auto.commit", false)
        .containsEntry("isolation.level", "read_committed")
        .containsEntry("allow.auto.create.topics", false)
        .containsEntry("group.id", "group");
  }

  @Test
  void producer_isIdempotentKeepsOrderAndWaitsForAllReplicas() {
    assertThat(ClientProperties.producer(SETTINGS))
        .containsEntry("acks", "all")
        .containsEntry("enable.idempotence", true)
        .containsEntry("max.in.flight.requests.per.connection", 1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sasl.jaas.config",
        "sasl.login.class",
        "sasl.client.callback.handler.class",
        "interceptor.classes",
        "metric.reporters",
        "ssl.engine.factory.class",
        "auto.offset.reset",
        "enable.auto.commit",
        "acks"
      })
  void client_nameThatRunsCodeOrLosesData_isRefusedByName(String name) {
    Map<String, String> client = Map.of(name, "x");
    assertThatThrownBy(() -> SETTINGS.withClient(client))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(name);
  }

  @Test
  void login_userAndPassword_areQuoted() {
    KafkaSettings secured =
        SETTINGS.withClient(
            Map.of(
                "sasl.mechanism", "PLAIN",
                "sasl.username", "ann",
                "sasl.password", "a\"; b\\"));
    assertThat(ClientProperties.producer(secured).get("sasl.jaas.config"))
        .isEqualTo(
            "org.apache.kafka.common.security.plain.PlainLoginModule required"
                + " username=\"ann\" password=\"a\\\"; b\\\\\";");
    assertThat(ClientProperties.producer(secured)).doesNotContainKey("sasl.password");
  }
}
