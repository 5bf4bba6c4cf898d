// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.nextclick.features.sequence.PartitionState;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.serving.cli.CommandRun;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Records of another shape become events wherever they come in, and the same ones every time. */
class MappedEventsTest {

  private static final String MAPPING =
      """
      {id: [/n, place], action: /what, actions: {view: impression, buy: purchase}, user: /who,
       item: /things/*, time: /at, timeUnit: seconds}\
      """;

  @TempDir private Path directory;

  @Test
  void records_ofAnotherShape_areFoldedFromTopicAndHttpAndExportedAsEvents() throws Exception {
    int port = freePort();
    String yaml = "events: {mapping: " + MAPPING + "}\n" + kafka(port);
    try (RunningService service = RunningService.start(directory, yaml)) {
      await().atMost(60, SECONDS).until(() -> service.admin("/ready").body().contains("RUNNING"));
      write(port, "42", "{'what':'view','who':42,'things':[7,8],'at':1764000000,'page':'x'}");
      write(port, "42", "{'what':'stare','who':42,'things':[7],'at':1764000000}");
      write(port, "43", "{'what':'view','who':42,'things':[7],'at':1764000000}");
      await().atMost(30, SECONDS).until(() -> service.get("/v1/users/42").statusCode() == 200);
      assertPosted(service);
      assertThat(
              service
                  .send("DELETE", "/v1/users/43?wait=true", BodyPublishers.noBody())
                  .statusCode())
          .isEqualTo(200);
      assertThat(service.get("/v1/users/43").statusCode()).isEqualTo(404);
      assertThat(RunningService.json(service.get("/v1/users/42")).get("entries"))
          .extracting(entry -> entry.get("action").asText() + " " + entry.get("item").asText())
          .containsExactly("impression 7", "impression 8", "purchase 9", "click 10");
      export(port);
    }
    assertRebuilt();
    assertThatThrownBy(() -> RunningService.start(directory, kafka(freePort())))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("was folded with events.mapping");
  }

  private static void assertPosted(RunningService service) throws Exception {
    String bought = "{'what':'buy','who':42,'things':[9],'at':1764000001.5}";
    assertThat(post(service, "?wait=true", bought).statusCode()).isEqualTo(200);
    assertThat(post(service, "?wait=true", bought.replace("42", "'43'")).statusCode())
        .isEqualTo(200);
    HttpResponse<String> refused = post(service, "", bought.replace("who", "whom"));
    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(RunningService.json(refused).at("/errors/0/message").asText())
        .isEqualTo("user: nothing at /who; did you mean whom?");
    String event = "{'id':'e','action':'click','user':'42','item':'10','time':1764000002000}";
    assertThat(post(service, "", event).statusCode()).isEqualTo(400);
    assertThat(post(service, "?wait=true&mapped=false", event).statusCode()).isEqualTo(200);
  }

  private void export(int port) throws IOException {
    CommandRun export =
        CommandRun.of(
            "export",
            directory.resolve("topics.jsonl").toString(),
            "--kafka=127.0.0.1:" + port,
            "--mapping=" + directory.resolve("nextclick.yml"));
    assertThat(export.status()).as(export.output()).isZero();
    assertThat(export.output()).contains("2 of them are no events");
  }

  /** The exported topic, folded again, gives the bytes that the service had. */
  private void assertRebuilt() throws Exception {
    CommandRun replay =
        CommandRun.of(
            "replay",
            directory.resolve("topics.jsonl").toString(),
            "--to=store",
            "--store=" + directory.resolve("again"),
            "--forget-nobody",
            "--mapping=" + directory.resolve("nextclick.yml"));
    assertThat(replay.status()).as(replay.output()).isZero();
    assertThat(digests(directory.resolve("again")))
        .isEqualTo(digests(directory.resolve("store")))
        .isNotEmpty();
  }

  private static Map<String, String> digests(Path store) throws IOException {
    try (RocksDbSequenceStore opened = RocksDbSequenceStore.openReadOnly(store)) {
      assertThat(opened.settings().mapping()).isNotNull();
      Map<String, String> digests = new TreeMap<>();
      for (Map.Entry<SourcePartition, PartitionState> one : opened.partitions().entrySet()) {
        PartitionState state = one.getValue();
        if (state.counters().total() > 0) {
          digests.put(one.getKey().toString(), state.digest() + " " + state.counters());
        }
      }
      return digests;
    }
  }

  private static HttpResponse<String> post(RunningService service, String query, String record)
      throws Exception {
    return service.post("/v1/events" + query, record.replace('\'', '"'));
  }

  private static void write(int port, String key, String record) throws Exception {
    Map<String, Object> settings = Map.of("bootstrap.servers", "127.0.0.1:" + port);
    try (var producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      byte[] value = record.replace('\'', '"').getBytes(UTF_8);
      producer.send(new ProducerRecord<>("nextclick-events", key.getBytes(UTF_8), value)).get();
    }
  }

  private String kafka(int port) {
    return "kafka: {servers: embedded, port: %d, partitions: 2, directory: '%s'}"
        .formatted(port, directory.resolve("kafka"));
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
