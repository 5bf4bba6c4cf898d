// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import io.nextclick.features.sequence.Counters;
import io.nextclick.ingest.kafka.client.EventPublisher;
import io.nextclick.ingest.kafka.client.KafkaSettings;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Events whose bytes were changed at random, among good ones: each is folded or kept in quarantine,
 * and the state is what an independent fold makes of the same log. {@code
 * -Dnextclick.records=10000} sends as many; {@code -Dnextclick.fuzz.seed=N} sends others.
 */
@Timeout(600)
class MutatedRecordsTest {

  private static final int RECORDS = Integer.getInteger("nextclick.records", 1_000);
  private static final long SEED = Long.getLong("nextclick.fuzz.seed", 20_261_123);
  private static final int USERS = 50;
  private static final List<String> PIECES =
      List.of(
          "{",
          "}",
          "[",
          "]",
          "\"",
          ",",
          ":",
          "\\u0000",
          "\\ud800",
          "null",
          "true",
          "NaN",
          "1e999",
          "-1",
          "0",
          "9223372036854775807",
          "\uFEFF",
          "\u0000",
          "\"id\":\"x\",",
          "\"time\":1,",
          "\"action\":\"erase\",",
          "\"user\":\"u1\",",
          "\"item\":\"i\",",
          "\"attributes\":{},");

  @RegisterExtension static final TestBroker BROKER = new TestBroker();

  @TempDir private Path directory;

  @Test
  void recordsChangedAtRandom_areFoldedOrKept_andTheStateIsTheFoldOfTheLog() throws Exception {
    KafkaSettings settings = BROKER.freshSettings();
    EventPublisher.open(settings).close();
    SplittableRandom random = new SplittableRandom(SEED);
    try (RunningIngest running = RunningIngest.start(settings, directory);
        TopicLog log =
            new TopicLog(
                settings.bootstrapServers(), settings.eventsTopic(), settings.itemsTopic());
        KafkaProducer<byte[], byte[]> producer = producer(settings)) {
      for (int i = 0; i < RECORDS; i++) {
        String user = "u" + random.nextInt(USERS);
        send(producer, settings, user, mutated(random, EventJson.encode(event(random, i, user))));
        String good = "good" + i % USERS;
        send(producer, settings, good, EventJson.encode(RunningIngest.click(i, good)));
      }
      producer.flush();
      LogOracle oracle = new LogOracle(log, RunningIngest.FOLD);
      running.awaitAllRead(oracle);

      assertThat(oracle.differences(running.store())).as("seed=%d", SEED).isEmpty();
      Counters sum =
          running.store().partitions().values().stream()
              .map(state -> state.counters())
              .reduce(Counters.ZERO, Counters::plus);
      System.out.printf(
          "mutated: seed=%d, %,d records and as many good ones: %s%n", SEED, RECORDS, sum);
      // And the copies of erase requests, for the other partitions.
      assertThat(sum.total()).isGreaterThanOrEqualTo(2L * RECORDS);
      assertThat(sum.quarantined()).isBetween(RECORDS / 4L, RECORDS - 1L);
      assertThat(sum.applied()).isGreaterThanOrEqualTo(RECORDS);
      for (int u = 0; u < USERS; u++) {
        assertThat(running.store().get("good" + u).sequence().length())
            .isEqualTo(Math.min(RunningIngest.FOLD.capacity().maxHistory(), RECORDS / USERS));
      }
    }
  }

  private static Event event(SplittableRandom random, int i, String user) {
    return switch (random.nextInt(8)) {
      case 0 ->
          new Event("x" + i, Event.ERASE, user, List.of(), time(i), null, Map.of(), Map.of(), true);
      case 1 ->
          new Event(
              "x" + i,
              Event.USER,
              user,
              List.of(),
              time(i),
              null,
              Map.of(),
              Map.of("country", List.of("de", "fr")),
              true);
      default -> Event.behaviour("x" + i, "click", user, "i" + random.nextInt(9), time(i));
    };
  }

  private static long time(int i) {
    return 1_795_341_600_000L + i;
  }

  /** None to three changes. */
  private static byte[] mutated(SplittableRandom random, byte[] record) {
    byte[] bytes = record;
    for (int n = random.nextInt(4); n > 0 && bytes.length > 0; n--) {
      int at = random.nextInt(bytes.length);
      bytes =
          switch (random.nextInt(6)) {
            case 0 -> flipped(bytes, at, random.nextInt(8));
            case 1 -> Arrays.copyOf(bytes, at);
            case 2 -> spliced(bytes, at, bytes.length, new byte[0]);
            case 3 -> spliced(bytes, at, Math.min(bytes.length, at + 1 + random.nextInt(9)), "");
            case 4 -> spliced(bytes, at, at, Arrays.copyOf(bytes, random.nextInt(bytes.length)));
            default -> spliced(bytes, at, at, PIECES.get(random.nextInt(PIECES.size())));
          };
    }
    return bytes;
  }

  private static byte[] flipped(byte[] bytes, int at, int bit) {
    byte[] flipped = bytes.clone();
    flipped[at] ^= (byte) (1 << bit);
    return flipped;
  }

  private static byte[] spliced(byte[] bytes, int from, int to, String piece) {
    return spliced(bytes, from, to, piece.getBytes(StandardCharsets.UTF_8));
  }

  /** The bytes from {@code from} to {@code to} are replaced. */
  private static byte[] spliced(byte[] bytes, int from, int to, byte[] piece) {
    byte[] spliced = Arrays.copyOf(bytes, bytes.length - (to - from) + piece.length);
    System.arraycopy(piece, 0, spliced, from, piece.length);
    System.arraycopy(bytes, to, spliced, from + piece.length, bytes.length - to);
    return spliced;
  }

  private static void send(
      KafkaProducer<byte[], byte[]> producer, KafkaSettings settings, String user, byte[] value) {
    byte[] key = user.getBytes(StandardCharsets.UTF_8);
    producer.send(new ProducerRecord<>(settings.eventsTopic(), key, value));
  }

  private static KafkaProducer<byte[], byte[]> producer(KafkaSettings settings) {
    return new KafkaProducer<>(
        Map.of("bootstrap.servers", settings.bootstrapServers(), "linger.ms", "5"),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }
}
