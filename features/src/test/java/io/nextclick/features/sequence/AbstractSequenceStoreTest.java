// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.sequence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nextclick.features.event.Event;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What every store promises. */
public abstract class AbstractSequenceStoreTest {

  protected static final SourcePartition PARTITION = new SourcePartition("events", 3);
  private static final SourcePartition OTHER = new SourcePartition("events", 4);

  /** A store that is empty. */
  protected abstract SequenceStore create(FoldSettings settings) throws IOException;

  /** How many seeded histories to compare. */
  protected abstract int histories();

  @Test
  void apply_seededHistories_equalsTheOracle() throws IOException {
    Counters all = Counters.ZERO;
    for (long seed = 1; seed <= histories(); seed++) {
      FoldSettings settings = settings(seed);
      EventStreams streams = new EventStreams(seed);
      List<SourceRecord> records = streams.records(400);
      try (SequenceStore store = create(settings)) {
        for (SourceBatch batch : streams.batches(PARTITION, records)) {
          store.apply(batch);
        }
        assertEqual(store, OracleFold.of(settings, records, Long.MAX_VALUE), "seed=" + seed);
        all = all.plus(store.partitions().get(PARTITION).counters());
      }
    }
    assertThat(List.of(all.applied(), all.duplicate(), all.late(), all.quarantined(), all.erased()))
        .as("every verdict is met often")
        .allSatisfy(count -> assertThat(count).isGreaterThan(5L * histories()));
  }

  @Test
  void apply_batchBelowNextOffset_isRefusedAndChangesNothing() throws IOException {
    try (SequenceStore store = create(FoldSettings.DEFAULT)) {
      store.apply(batch(0, click("a", "i1", 1), click("b", "i2", 2)));
      PartitionState before = store.partitions().get(PARTITION);
      assertThatThrownBy(() -> store.apply(batch(1, click("c", "i3", 3))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("1");
      assertThat(store.partitions().get(PARTITION)).isEqualTo(before);
    }
  }

  @Test
  void get_afterApply_givesSequenceWithItsOffset() throws IOException {
    try (SequenceStore store = create(FoldSettings.DEFAULT)) {
      assertThat(store.get("u1")).isEqualTo(StoredSequence.UNKNOWN);
      store.apply(batch(0, click("a", "i1", 2), click("b", "i2", 1)));
      StoredSequence first = store.get("u1");
      assertThat(first.sequence().item(0)).isEqualTo("i2");
      assertThat(first.partition()).isEqualTo(PARTITION);
      assertThat(first.state()).isEqualTo(store.partitions().get(PARTITION));
      store.apply(batch(2, click("c", "i3", 3)));
      assertThat(store.get("u1").version()).isNotEqualTo(first.version());
    }
  }

  @Test
  void get_eventsInTwoPartitions_areReadAsOneHistoryInOrderOfTime() throws IOException {
    try (SequenceStore store = create(FoldSettings.DEFAULT.withMaxHistory(3))) {
      store.apply(batch(0, click("a", "i1", 5), click("b", "i2", 7), click("c", "i3", 9)));
      // The second one was sent again after the topic grew.
      apply(store, OTHER, batch(0, click("d", "i4", 6), click("b", "i2", 7), click("e", "i5", 8)));

      StoredSequence stored = store.get("u1");
      assertThat(items(stored.sequence())).containsExactly("i2", "i5", "i3");
      assertThat(stored.partition()).isEqualTo(PARTITION);
      assertThat(stored.state()).isEqualTo(store.partitions().get(PARTITION));

      apply(store, OTHER, batch(3, click("f", "i6", 10)));
      StoredSequence later = store.get("u1");
      assertThat(items(later.sequence())).containsExactly("i5", "i3", "i6");
      assertThat(later.partition()).isEqualTo(OTHER);
      assertThat(later.version()).isNotEqualTo(stored.version());
      assertThat(store.partitions().get(PARTITION)).isEqualTo(stored.state());
    }
  }

  @Test
  void get_eventsInTwoPartitions_eachRoomKeepsItsNewest() throws IOException {
    try (SequenceStore store = create(FoldSettings.DEFAULT.withCapacity(new Capacity(2, 3)))) {
      store.apply(batch(0, click("a", "i1", 5), page("b", 7, "s1", "s2", "s3")));
      apply(store, OTHER, batch(0, page("c", 6, "s4"), click("d", "i2", 8), click("e", "i3", 9)));
      apply(store, OTHER, batch(3, page("f", 8, "s5")));

      assertThat(items(store.get("u1").sequence())).containsExactly("s2", "s3", "i2", "s5", "i3");
    }
  }

  /** Of which the training takes what a store would have kept. */
  @Test
  void apply_eventsInAnyOrder_keepsTheNewestOfThatWhichForgetsNothing() throws IOException {
    for (long seed = 1; seed <= 5; seed++) {
      FoldSettings drawn = settings(seed);
      FoldSettings settings = // an id that was late is forgotten in one and not in the other
          new FoldSettings(drawn.capacity(), 65_536, drawn.maxFutureMillis(), drawn.actions());
      List<SourceRecord> records = new EventStreams(seed).records(300);
      SourceBatch batch = new SourceBatch(PARTITION, "topic-id", 0, Long.MAX_VALUE, records);
      try (SequenceStore store = create(settings)) {
        store.apply(batch);
        try (var whole = new HeapSequenceStore(settings.withMaxHistory(65_536))) {
          whole.apply(batch);
          Map<String, String> kept = new TreeMap<>();
          Map<String, String> newest = new TreeMap<>();
          store.forEach((user, sequence) -> kept.put(user, entries(sequence)));
          whole.forEach(
              (user, sequence) -> newest.put(user, entries(sequence.newest(settings.capacity()))));
          assertThat(kept).as("seed=" + seed).isEqualTo(newest).isNotEmpty();
        }
      }
    }
  }

  private static String entries(UserSequence sequence) {
    return IntStream.range(0, sequence.length())
        .mapToObj(t -> sequence.action(t) + " " + sequence.item(t) + " " + sequence.timeMillis(t))
        .toList()
        .toString();
  }

  private static Event page(String id, long time, String... items) {
    return new Event(id, "impression", "u1", List.of(items), time, null, Map.of(), Map.of(), true);
  }

  @Test
  void apply_saysTheVerdictOfEachRecord() throws IOException {
    try (SequenceStore store = create(FoldSettings.DEFAULT.withMaxHistory(1))) {
      Event erase =
          new Event("x", Event.ERASE, "u1", List.of(), 20, null, Map.of(), Map.of(), true);
      assertThat(
              store.apply(
                  batch(
                      0,
                      click("a", "i1", 10),
                      click("a", "i1", 10),
                      click("b", "i2", 9),
                      Event.behaviour("c", "unheard-of", "u1", "i1", 11),
                      erase)))
          .isEqualTo(
              new BatchOutcome(
                  new Counters(1, 1, 1, 1, 1),
                  List.of(
                      Verdict.APPLIED,
                      Verdict.DUPLICATE,
                      Verdict.LATE,
                      Verdict.QUARANTINED,
                      Verdict.ERASED)));
    }
  }

  private static void apply(SequenceStore store, SourcePartition partition, SourceBatch batch) {
    store.apply(new SourceBatch(partition, "topic-id", 0, batch.nextOffset(), batch.records()));
  }

  private static List<String> items(UserSequence sequence) {
    return IntStream.range(0, sequence.length()).mapToObj(sequence::item).toList();
  }

  /** Each shuts out what is older than itself, and must not shut out what comes next. */
  @Test
  void apply_itemUserAndEraseFromTheFuture_keepOutNothingThatComesAfter() throws IOException {
    long append = 1_000_000;
    long ahead = append + 3_000_000;
    Map<String, List<String>> red = Map.of("colour", List.of("red"));
    Map<String, List<String>> blue = Map.of("colour", List.of("blue"));
    List<Event> events =
        List.of(
            new Event("1", "item", null, List.of("i1"), ahead, null, Map.of(), red, true),
            new Event("2", "item", null, List.of("i1"), append + 1, null, Map.of(), blue, true),
            new Event("3", "erase", "u", List.of(), ahead, null, Map.of(), Map.of(), true),
            new Event("4", "user", "u", List.of(), ahead, null, Map.of(), red, true),
            new Event("5", "user", "u", List.of(), append + 5, null, Map.of(), blue, true),
            Event.behaviour("6", "click", "u", "i1", append + 6));
    List<SourceRecord> records = new ArrayList<>();
    for (int i = 0; i < events.size(); i++) {
      records.add(new SourceRecord(i, append + i, events.get(i), new byte[0]));
    }
    try (SequenceStore store = create(FoldSettings.DEFAULT)) {
      BatchOutcome outcome =
          store.apply(new SourceBatch(new SourcePartition("events", 0), "t", 0, 6, records));
      assertThat(outcome.verdicts())
          .containsExactly(
              Verdict.APPLIED,
              Verdict.APPLIED,
              Verdict.ERASED,
              Verdict.APPLIED,
              Verdict.APPLIED,
              Verdict.APPLIED);
      assertThat(store.items().get("i1").attributes()).isEqualTo(blue);
      assertThat(store.get("u").sequence().attributes()).isEqualTo(blue);
      assertThat(store.get("u").sequence().length()).isEqualTo(1);
    }
  }

  @Test
  void apply_itemEvent_isInTheCatalogueAtOnce() throws IOException {
    try (SequenceStore store = create(FoldSettings.DEFAULT)) {
      long version = store.items().version();
      store.apply(batch(0, item("a", 5, "shoe"), item("b", 4, "old")));
      assertThat(store.items().size()).isEqualTo(1);
      assertThat(store.items().get("i1").attributes()).isEqualTo(Map.of("title", List.of("shoe")));
      assertThat(store.items().version()).isNotEqualTo(version);
      assertThat(store.partitions().get(PARTITION).counters().late()).isEqualTo(1);
    }
  }

  /** Bytes, counters, digest and items against the oracle, of a store that was swept. */
  public static void assertEqual(SequenceStore store, OracleFold oracle, String label) {
    assertServesEqual(store, oracle, label);
    PartitionState state = store.partitions().get(PARTITION);
    if (state != null) {
      assertThat(state.digest()).as(label).isEqualTo(oracle.digest());
    }
  }

  /** The same but for the digest, which is that of the bytes that happen to be stored. */
  public static void assertServesEqual(SequenceStore store, OracleFold oracle, String label) {
    Map<String, String> stored = new TreeMap<>();
    store.forEach((user, sequence) -> stored.put(user, hex(SequenceCodec.encode(user, sequence))));
    Map<String, String> expected = new TreeMap<>();
    oracle.values().forEach((user, value) -> expected.put(user, hex(value)));
    assertThat(stored).as(label).isEqualTo(expected);
    PartitionState state = store.partitions().get(PARTITION);
    assertThat(state == null ? Counters.ZERO : state.counters())
        .as(label)
        .isEqualTo(oracle.counters());
    assertThat(state == null ? Retention.NO_WATERMARK : state.watermarkMillis())
        .as(label)
        .isEqualTo(oracle.watermark());
    Map<String, Long> items = new TreeMap<>();
    store.items().forEach(item -> items.put(item.id(), item.timeMillis()));
    assertThat(items).as(label).isEqualTo(oracle.itemTimes());
  }

  /** Small lengths, so that the bounds are met; drawn from the seed. */
  public static FoldSettings settings(long seed) {
    Random random = new Random(seed);
    FoldSettings settings =
        new FoldSettings(
            1 + random.nextInt(20), random.nextInt(30), 3_600_000, List.of("impression", "click"));
    int impressions = random.nextBoolean() ? Capacity.SHARED : 1 + random.nextInt(20);
    return settings.withCapacity(settings.capacity().withMaxImpressions(impressions));
  }

  private static String hex(byte[] value) {
    return java.util.HexFormat.of().formatHex(value);
  }

  private static SourceBatch batch(long offset, Event... events) {
    List<SourceRecord> records = new ArrayList<>();
    for (Event event : events) {
      records.add(new SourceRecord(offset + records.size(), 1_000, event, new byte[0]));
    }
    return new SourceBatch(PARTITION, "topic-id", 0, offset + records.size(), records);
  }

  private static Event click(String id, String item, long time) {
    return Event.behaviour(id, "click", "u1", item, time);
  }

  private static Event item(String id, long time, String title) {
    return new Event(
        id,
        Event.ITEM,
        null,
        List.of("i1"),
        time,
        null,
        Map.of(),
        Map.of("title", List.of(title)),
        true);
  }
}
