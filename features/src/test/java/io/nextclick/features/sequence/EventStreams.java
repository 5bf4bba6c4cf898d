// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.sequence;

import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import io.nextclick.features.event.PlausibleTimes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Seeded logs of one partition as the world sends them: repeats, disorder, odd times, erasures,
 * items, attributes, unknown actions and records that are no events. One seed, one log.
 */
public final class EventStreams {

  /** The append time of the first record. */
  public static final long START_MILLIS = 1_795_341_600_000L;

  private static final List<String> POISON =
      List.of(
          "",
          "{}",
          "nul",
          "\uFEFF{}",
          "{\"id\":\"a\",\"id\":\"b\"}",
          "[[[[",
          "{\"id\":\"\\ud800\"}");

  private final Random random;
  private final int users;
  private final double repeats;
  private final int window;

  /** A stream with its own rates, all drawn from {@code seed}. */
  public EventStreams(long seed) {
    this.random = new Random(seed);
    this.users = 1 + random.nextInt(20);
    this.repeats = random.nextInt(6) / 10.0;
    this.window = 1 + random.nextInt(random.nextBoolean() ? 10 : 1_000);
  }

  /** The values of {@code count} records. */
  public List<byte[]> values(int count) {
    List<byte[]> values = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      boolean repeat = i > 0 && random.nextDouble() < repeats;
      values.add(repeat ? values.get(random.nextInt(i)) : value(i));
    }
    for (int from = 0; from < count; from += window) {
      Collections.shuffle(values.subList(from, Math.min(count, from + window)), random);
    }
    return values;
  }

  /** {@code count} records with offsets that rise with gaps, decoded. */
  public List<SourceRecord> records(int count) {
    List<SourceRecord> records = new ArrayList<>();
    long offset = random.nextInt(3);
    for (byte[] value : values(count)) {
      long append = append(START_MILLIS + 100 * offset);
      records.add(
          new SourceRecord(offset, append, EventJson.decode(value, PlausibleTimes.EVER), value));
      offset += random.nextInt(10) == 0 ? 3 : 1;
    }
    return records;
  }

  /** The records cut into batches of random size, empty ones among them. */
  public List<SourceBatch> batches(SourcePartition partition, List<SourceRecord> records) {
    List<SourceBatch> batches = new ArrayList<>();
    int from = 0;
    long next = 0;
    while (from < records.size()) {
      int to = Math.min(records.size(), from + random.nextInt(60));
      List<SourceRecord> part = records.subList(from, to);
      next = part.isEmpty() ? next : part.getLast().offset() + 1;
      batches.add(new SourceBatch(partition, "topic-id", 0, next, part));
      from = to;
    }
    return batches;
  }

  private long append(long now) {
    return switch (random.nextInt(100)) {
      case 0, 1 -> SourceRecord.UNKNOWN_TIME;
      case 2 -> -1;
      case 3 -> Long.MAX_VALUE - 1;
      default -> now;
    };
  }

  private byte[] value(int i) {
    String user = "user-" + random.nextInt(users);
    return switch (random.nextInt(40)) {
      case 0 -> POISON.get(random.nextInt(POISON.size())).getBytes(StandardCharsets.UTF_8);
      case 1 -> event(i, Event.ERASE, user, List.of(), Map.of());
      case 2, 3 -> event(i, Event.USER, user, List.of(), attributes());
      case 4, 5 -> event(i, Event.ITEM, null, List.of(item()), attributes());
      case 6 -> event(i, "unheard_of", user, List.of(item()), Map.of());
      case 7, 8 -> event(i, "impression", user, items(), Map.of());
      default -> event(i, "click", user, List.of(item()), Map.of());
    };
  }

  private byte[] event(
      int i,
      String action,
      @Nullable String user,
      List<String> items,
      Map<String, List<String>> attributes) {
    return EventJson.encode(
        new Event("e" + i, action, user, items, time(i), null, Map.of(), attributes, true));
  }

  private long time(int i) {
    long now = START_MILLIS + 100L * i;
    return switch (random.nextInt(30)) {
      case 0 -> 0;
      case 1 -> 253_402_300_799_999L;
      case 2 -> now + 10L * 365 * 86_400_000;
      case 3, 4, 5 -> START_MILLIS;
      case 6 -> now - random.nextInt(1_000_000);
      default -> now;
    };
  }

  private Map<String, List<String>> attributes() {
    return Map.of("country", List.of("de"), "plan", List.of("free", "p" + random.nextInt(9)));
  }

  private List<String> items() {
    List<String> items = new ArrayList<>();
    for (int n = 1 + random.nextInt(12); n > 0; n--) {
      items.add(item());
    }
    return items;
  }

  private String item() {
    return "item-" + random.nextInt(30);
  }
}
