// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.luben.zstd.ZstdInputStream;
import io.nextclick.broker.EmbeddedBroker;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.store.RocksDbSequenceStore;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A user whose id stands wherever a user's data can lie: what is exported of the user, and that no
 * file has the id any more after the user was erased, and the topics' time has passed.
 */
@Timeout(120)
class ErasedEverywhereTest {

  private static final String USER = "Zq7_kX93vWm5"; // nothing that a compressor writes shorter
  private static final List<String> TOPICS = List.of("nextclick-events", "nextclick-dead-letters");
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Of a broker that looks at its segments often, and waits for nothing. */
  private static final Map<String, String> QUICK =
      Map.of(
          "log.retention.check.interval.ms", "200",
          "log.initial.task.delay.ms", "100",
          "log.segment.delete.delay.ms", "1");

  @TempDir private Path directory;

  @Test
  void erase_leavesTheUserInNoFileOfTheDataDirectory() throws Exception {
    Path data = Files.createDirectory(directory.resolve("data"));
    RandomModel.publish(data.resolve("models"), "v1", 20, 1);
    try (EmbeddedBroker broker = EmbeddedBroker.start(data.resolve("kafka"), 0, QUICK);
        RunningService service = start(data, broker)) {
      plant(service, broker);
      assertThat(places(data))
          .contains("kafka/nextclick-events-*", "kafka/nextclick-dead-letters-0", "store")
          .anyMatch(place -> place.startsWith("checkpoints/"));
      assertThat(kinds(export(service)))
          .containsOnlyKeys(
              "about", "sequence", "entry", "refused", "impression", "click", "answer", "end")
          .containsEntry("entry", 2)
          .containsEntry("answer", 1);

      assertThat(erase(service).statusCode()).isEqualTo(200);

      assertThat(kinds(export(service)))
          .containsOnlyKeys("about", "sequence", "erasure", "impression", "click", "answer", "end");
      checkpoint(service);
      forgetTopics(broker);
      await().atMost(30, SECONDS).untilAsserted(() -> assertThat(places(data)).isEmpty());
      await().atMost(30, SECONDS).until(() -> !kinds(export(service)).containsKey("impression"));
      assertThat(kinds(export(service)))
          .containsOnlyKeys("about", "sequence", "erasure", "answer", "end");
    }
    // A MANIFEST that names a file by its first user is of the time before the start, and so is
    // that of a checkpoint: the next one takes its place.
    deleteAll(data.resolve("checkpoints"));
    try (RocksDbSequenceStore store =
        RocksDbSequenceStore.open(data.resolve("store"), FoldSettings.DEFAULT)) {
      store.checkpoint(data.resolve("next"));
    }
    assertThat(filesWith(data, USER)).isEmpty();
    assertThat(filesWith(data, HexFormat.of().formatHex(USER.getBytes(UTF_8)))).isEmpty();
  }

  private static void deleteAll(Path folder) throws IOException {
    try (Stream<Path> tree = Files.walk(folder)) {
      for (Path file : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private RunningService start(Path data, EmbeddedBroker broker) throws Exception {
    String yaml =
        """
        kafka: {servers: "%s"}
        model: {directory: "%s", active: shop/v1}
        answers: {sample: 1}
        """
            .formatted(broker.bootstrapServers(), data.resolve("models"));
    RunningService service = RunningService.start(data, yaml, "keepCheckpoints: 1");
    await().atMost(60, SECONDS).until(() -> service.admin("/ready").body().contains("RUNNING"));
    return service;
  }

  /** Everywhere: the topics, the store and its quarantine, a checkpoint, answers, impressions. */
  private static void plant(RunningService service, EmbeddedBroker broker) throws Exception {
    event(service, "{'id':'e1','action':'click','user':'%s','item':'i1','time':'%s'}");
    event(
        service,
        "{'id':'e2','action':'user','user':'%s','attributes':{'country':'de'},'time':'%s'}");
    HttpResponse<String> ranked =
        service.post("/v1/rank", "{\"user\":\"" + USER + "\",\"candidates\":[\"i2\",\"i3\"]}");
    String request = RunningService.json(ranked).get("request").asText();
    event(
        service,
        "{'id':'e3','action':'click','user':'%s','item':'i2','time':'%s','request':'"
            + request
            + "'}");
    produce(broker, "{\"user\":\"" + USER + "\",\"item\":");
    Path checkpoints = Path.of(checkpoint(service)).getParent();
    assertThat(checkpoints).isNotNull();
    await()
        .atMost(30, SECONDS)
        .until(() -> kinds(export(service)).keySet().containsAll(List.of("refused", "answer")));
    checkpoint(service);
  }

  private static void event(RunningService service, String event) throws Exception {
    String text = event.formatted(USER, Instant.now()).replace('\'', '"');
    assertThat(service.post("/v1/events?wait=true", text).statusCode()).isEqualTo(200);
  }

  private static void produce(EmbeddedBroker broker, String value) {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", broker.bootstrapServers()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      producer.send(
          new ProducerRecord<>(TOPICS.getFirst(), USER.getBytes(UTF_8), value.getBytes(UTF_8)));
    }
  }

  private static HttpResponse<String> erase(RunningService service) throws Exception {
    return service.send("DELETE", "/v1/users/" + USER + "?wait=true", BodyPublishers.noBody());
  }

  private static String checkpoint(RunningService service) throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      HttpResponse<String> answer =
          http.send(
              HttpRequest.newBuilder(
                      URI.create("http://127.0.0.1:" + service.adminPort() + "/tasks/checkpoint"))
                  .POST(BodyPublishers.noBody())
                  .build(),
              BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(200);
      return answer.body().strip();
    }
  }

  /** What an operator sets as retention.ms, so short that it has passed. */
  private static void forgetTopics(EmbeddedBroker broker) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
      Map<ConfigResource, Collection<AlterConfigOp>> changes = new HashMap<>();
      for (String topic : TOPICS) {
        changes.put(
            new ConfigResource(ConfigResource.Type.TOPIC, topic),
            List.of(
                new AlterConfigOp(new ConfigEntry("retention.ms", "1"), OpType.SET),
                new AlterConfigOp(new ConfigEntry("file.delete.delay.ms", "1"), OpType.SET)));
      }
      admin.incrementalAlterConfigs(changes).all().get();
    }
  }

  private static List<JsonNode> export(RunningService service) throws Exception {
    HttpResponse<String> answer = service.get("/v1/users/" + USER + "/export");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("content-type")).contains("application/x-ndjson");
    List<JsonNode> lines = new ArrayList<>();
    for (String line : answer.body().lines().toList()) {
      lines.add(JSON.readTree(line));
      ApiDescription.requireValid(
          line, JSON.readTree("{\"$ref\":\"#/components/schemas/ExportLine\"}"), lines.getLast());
    }
    assertThat(lines.getFirst().get("user").asText()).isEqualTo(USER);
    assertThat(lines.getLast().get("lines").asInt()).isEqualTo(lines.size() - 1);
    return lines;
  }

  private static Map<String, Integer> kinds(List<JsonNode> lines) {
    Map<String, Integer> kinds = new TreeMap<>();
    lines.forEach(line -> kinds.merge(line.get("kind").asText(), 1, Integer::sum));
    return kinds;
  }

  /** The folders with files that hold the id, but for a MANIFEST: that one goes with a restart. */
  private static List<String> places(Path data) throws IOException {
    return filesWith(data, USER).stream()
        .filter(file -> !file.getFileName().toString().startsWith("MANIFEST"))
        .map(file -> data.relativize(file).getParent())
        .map(folder -> String.valueOf(folder).replaceFirst("(nextclick-events-)\\d+", "$1*"))
        .distinct()
        .toList();
  }

  private static List<Path> filesWith(Path data, String text) throws IOException {
    List<Path> found = new ArrayList<>();
    try (Stream<Path> tree = Files.walk(data)) {
      for (Path file : tree.filter(Files::isRegularFile).toList()) {
        if (content(file).contains(text)) {
          found.add(file);
        }
      }
    } catch (UncheckedIOException e) {
      found.add(data); // a folder went meanwhile: look again
    }
    return found;
  }

  private static String content(Path file) throws IOException {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      return "";
    }
    String raw = new String(bytes, ISO_8859_1);
    if (!file.toString().contains(".zst")) {
      return raw;
    }
    try (ZstdInputStream in = new ZstdInputStream(new ByteArrayInputStream(bytes))) {
      in.setContinuous(true); // the last frame may be cut
      return raw + new String(in.readAllBytes(), ISO_8859_1);
    }
  }
}
