// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nextclick.features.event.EventJson;
import io.nextclick.features.sequence.Counters;
import io.nextclick.features.sequence.QuarantineEntry;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.ingest.kafka.client.EventPublisher;
import io.nextclick.ingest.kafka.client.KafkaSettings;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Records that are no events, mixed with good ones. */
class PoisonTest {

  private static final int POISON = 300;
  private static final int HEAVY_EVERY = 50;

  @RegisterExtension static final TestBroker BROKER = new TestBroker();

  @TempDir private Path directory;

  /**
   * @param reason the label that the record must be quarantined with
   */
  private record Poison(
      String name, String reason, byte @Nullable [] key, byte @Nullable [] value) {}

  @Test
  void threeHundredPoisonRecords_eachQuarantinedOnce_goodOnesApplied() throws Exception {
    KafkaSettings settings = BROKER.freshSettings();
    EventPublisher.open(settings).close();
    List<Poison> light = light();
    List<Poison> heavy = heavy();
    Map<String, Poison> sent = new HashMap<>();
    try (RunningIngest running = RunningIngest.start(settings, directory);
        KafkaProducer<byte[], byte[]> producer = producer(settings)) {
      for (int i = 0; i < POISON; i++) {
        Poison poison =
            i % HEAVY_EVERY == 0
                ? heavy.get(i / HEAVY_EVERY % heavy.size())
                : light.get(i % light.size());
        RecordMetadata at = send(producer, settings, poison.key(), poison.value());
        sent.put(new SourcePartition(at.topic(), at.partition()) + "@" + at.offset(), poison);
        String user = "good-" + i;
        send(producer, settings, utf8(user), EventJson.encode(RunningIngest.click(i, user)));
        if (i % 30 == 0) {
          await()
              .atMost(RunningIngest.PATIENCE)
              .until(() -> running.store().get(user).sequence().length() == 1);
        }
      }
      await().atMost(RunningIngest.PATIENCE).until(() -> running.status().records() == 2 * POISON);

      Counters sum =
          running.store().partitions().values().stream()
              .map(state -> state.counters())
              .reduce(Counters.ZERO, Counters::plus);
      assertThat(sum).isEqualTo(new Counters(POISON, 0, 0, POISON, 0));
      assertThat(reasons(running)).isEqualTo(expected(sent));
      deadLettersHoldEach(settings, sent);
      Set<String> kinds = sent.values().stream().map(Poison::name).collect(Collectors.toSet());
      System.out.println("poison=" + sent.size() + ", kinds=" + kinds.size());
      assertThat(kinds).hasSize(light.size() + heavy.size());
    }
  }

  private static List<Poison> light() {
    byte[] click = EventJson.encode(RunningIngest.click(1, "p"));
    List<Poison> kinds = new ArrayList<>();
    kinds.add(poison("invalid UTF-8", "not-utf8", new byte[] {'{', (byte) 0xC3, '(', '}'}));
    kinds.add(poison("overlong NUL", "not-utf8", new byte[] {(byte) 0xC0, (byte) 0x80}));
    kinds.add(poison("lone surrogate", "bad-id", event("\\ud800", "click")));
    kinds.add(poison("NUL in an id", "bad-id", event("\\u0000", "click")));
    kinds.add(poison("CRLF in an id", "bad-id", event("a\\r\\nb", "click")));
    kinds.add(poison("byte order mark inside", "not-json", utf8("{\uFEFF" + text(click))));
    kinds.add(poison("truncated", "not-json", Arrays.copyOf(click, click.length - 5)));
    kinds.add(poison("duplicate names", "not-json", utf8("{\"id\":\"a\",\"id\":\"b\"}")));
    kinds.add(poison("NaN", "not-json", time("NaN")));
    kinds.add(poison("1e999", "bad-time", time("1e999")));
    kinds.add(poison("no object", "missing-field", utf8("{}")));
    kinds.add(poison("unknown field", "unknown-field", utf8("{\"version\":99}")));
    kinds.add(poison("unknown action", "unknown-action", event("i1", "teleport")));
    kinds.add(poison("no bytes", "empty", new byte[0]));
    kinds.add(new Poison("null value", "empty", utf8("p"), null));
    kinds.add(new Poison("null key", "key-mismatch", null, click));
    kinds.add(new Poison("other key", "key-mismatch", utf8("q"), click));
    byte[] number = ByteBuffer.allocate(Long.BYTES).putLong(42).array();
    kinds.add(new Poison("number as key", "key-mismatch", number, click));
    kinds.add(poison("item among events", "unknown-action", item()));
    return kinds;
  }

  private static List<Poison> heavy() {
    return List.of(
        poison("million digits", "too-large", time("1".repeat(900_000))),
        poison("depth 100,000", "not-json", utf8("[".repeat(100_000))),
        poison("10 MB", "too-large", utf8("\"" + "a".repeat(10_000_000) + "\"")));
  }

  private static Poison poison(String name, String reason, byte[] value) {
    return new Poison(name, reason, utf8("p"), value);
  }

  private static byte[] event(String item, String action) {
    return utf8(
        "{\"id\":\"x\",\"action\":\"%s\",\"user\":\"p\",\"item\":\"%s\",\"time\":1600000000001}"
            .formatted(action, item));
  }

  private static byte[] time(String number) {
    return utf8(
        "{\"id\":\"x\",\"action\":\"click\",\"user\":\"p\",\"item\":\"i\",\"time\":"
            + number
            + "}");
  }

  private static byte[] item() {
    return utf8("{\"id\":\"x\",\"action\":\"item\",\"item\":\"p\",\"time\":1600000000001}");
  }

  private static Map<String, String> expected(Map<String, Poison> sent) {
    Map<String, String> reasons = new HashMap<>();
    sent.forEach((place, poison) -> reasons.put(place, poison.reason()));
    return reasons;
  }

  private static Map<String, String> reasons(RunningIngest running) {
    Map<String, String> reasons = new HashMap<>();
    for (SourcePartition partition : running.store().partitions().keySet()) {
      for (QuarantineEntry entry : running.store().quarantine().read(partition, 0, 1_000)) {
        assertThat(entry.head().length).isLessThanOrEqualTo(QuarantineEntry.MAX_HEAD_BYTES);
        reasons.put(partition + "@" + entry.offset(), entry.rejection().reason().label());
      }
    }
    return reasons;
  }

  private static void deadLettersHoldEach(KafkaSettings settings, Map<String, Poison> sent) {
    SourcePartition partition = new SourcePartition(settings.deadLetterTopic(), 0);
    try (TopicLog letters = new TopicLog(settings.bootstrapServers(), partition.topic())) {
      await()
          .atMost(RunningIngest.PATIENCE)
          .untilAsserted(() -> {
            letters.update();
            Set<String> keys = new HashSet<>();
            for (ConsumerRecord<byte[], byte[]> letter : letters.raw(partition)) {
              keys.add(text(letter.key()));
            }
            assertThat(new TreeSet<>(keys)).isEqualTo(new TreeSet<>(sent.keySet()));
          });
      for (ConsumerRecord<byte[], byte[]> letter : letters.raw(partition)) {
        Poison poison = sent.get(text(letter.key()));
        Header reason = letter.headers().lastHeader("reason");
        Header sha256 = letter.headers().lastHeader("sha256");
        assertThat(poison).isNotNull();
        assertThat(text(reason.value())).isEqualTo(poison == null ? "" : poison.reason());
        assertThat(sha256.value()).hasSize(64);
      }
    }
  }

  private static KafkaProducer<byte[], byte[]> producer(KafkaSettings settings) {
    return new KafkaProducer<>(
        Map.of(
            "bootstrap.servers",
            settings.bootstrapServers(),
            "max.request.size",
            16 << 20,
            "compression.type",
            "lz4"),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }

  private static RecordMetadata send(
      KafkaProducer<byte[], byte[]> producer,
      KafkaSettings settings,
      byte @Nullable [] key,
      byte @Nullable [] value)
      throws Exception {
    return producer.send(new ProducerRecord<>(settings.eventsTopic(), key, value)).get();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] utf8) {
    return new String(utf8, StandardCharsets.UTF_8);
  }
}
