// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nextclick.features.Fixtures;
import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import io.nextclick.features.item.Item;
import io.nextclick.features.mapping.EventMapping;
import io.nextclick.features.rocksdb.RocksDatabase;
import io.nextclick.features.sequence.Capacity;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.HeapSequenceStore;
import io.nextclick.features.sequence.PartitionState;
import io.nextclick.features.sequence.Retention;
import io.nextclick.features.sequence.SequenceCodec;
import io.nextclick.features.sequence.SequenceStore;
import io.nextclick.features.sequence.SilentUsers;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.features.sequence.UserSequence;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Stores that earlier versions wrote. The README beside the files says which commit wrote which,
 * and of what log.
 */
class OldStoresTest {

  private static final SourcePartition EVENTS = new SourcePartition("events", 0);

  /** What a replayed file has for a topic's id: a hash of its first line. */
  private static final String FIRST_LINE = "line-ec1a9ae7aa6058e7";

  private static final long START = 1_767_225_600_000L;

  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"fold-4-982c725", "checkpoint-982c725"})
  void openReadOnly_ofThisFold_holdsTheStateOfThen(String name) throws Exception {
    try (RocksDbSequenceStore store = RocksDbSequenceStore.openReadOnly(unpacked(name))) {
      requireState(store);
    }
  }

  @Test
  void open_ofThisFold_goesOnWhereItWas() throws Exception {
    try (RocksDbSequenceStore store =
        RocksDbSequenceStore.open(unpacked("fold-4-982c725"), settings())) {
      requireState(store);
      Event event = Event.behaviour("new", "click", "ada", "42", START + 9_000_000);
      byte[] bytes = EventJson.encode(event);
      store.apply(
          new SourceBatch(
              EVENTS,
              FIRST_LINE,
              -1,
              40,
              List.of(new SourceRecord(39, SourceRecord.UNKNOWN_TIME, event, bytes))));
      assertThat(store.partitions().get(EVENTS).nextOffset()).isEqualTo(40);
      UserSequence ada = store.get("ada", partition -> true).sequence();
      assertThat(ada.item(ada.length() - 1)).isEqualTo("42");
      assertThat(store.verifyDigests()).isEqualTo(3);
    }
  }

  @Test
  void restore_ofAnOldCheckpoint_holdsTheStateOfThen() throws Exception {
    Path store = directory.resolve("restored");
    StoreCheckpoint.restore(unpacked("checkpoint-982c725"), store);
    try (RocksDbSequenceStore restored = RocksDbSequenceStore.open(store, settings())) {
      requireState(restored);
      assertThat(restored.isRestored()).isTrue();
    }
  }

  /** The fold gives what it gave: the same bytes of the same log. */
  @Test
  void apply_theLogOfThen_storesTheBytesOfThen() throws Exception {
    try (RocksDbSequenceStore store =
            RocksDbSequenceStore.open(directory.resolve("new"), settings());
        HeapSequenceStore heap = new HeapSequenceStore(settings())) {
      store.apply(log());
      heap.apply(log());
      requireState(store);
      assertThat(heap.partitions()).isEqualTo(store.partitions());
    }
  }

  /** Without a retention, nothing tells a new store from one of then. */
  @Test
  void open_noRetention_writesTheHeaderAndPositionOfThen() throws Exception {
    try (RocksDbSequenceStore store =
        RocksDbSequenceStore.open(directory.resolve("new"), settings())) {
      store.apply(log());
    }
    Map<String, String> then = header(unpacked("fold-4-982c725"));
    assertThat(header(directory.resolve("new"))).isEqualTo(then);
    assertThat(then).hasSize(3);
  }

  /** All but the ledger's key, which is drawn. */
  private static Map<String, String> header(Path store) throws IOException {
    Map<String, String> header = new TreeMap<>();
    try (RocksDatabase db = RocksDatabase.openReadOnly(store, Family.values())) {
      for (Family family : List.of(Family.META, Family.PARTITIONS)) {
        db.scan(
            family,
            new byte[0],
            (key, value) -> {
              boolean named = family == Family.META;
              String name =
                  named ? new String(key, StandardCharsets.UTF_8) : HexFormat.of().formatHex(key);
              header.put(name, name.equals("ledger-key") ? "" : HexFormat.of().formatHex(value));
              return true;
            });
      }
    }
    return header;
  }

  @Test
  void open_ofThisFoldWithARetention_isRefused() throws Exception {
    Path store = unpacked("fold-4-982c725");
    assertThatIOException()
        .isThrownBy(
            () -> RocksDbSequenceStore.open(store, settings().withRetention(SilentUsers.RETENTION)))
        .withMessageContainingAll("retention=off", "retention=PT1H", "into a new store");
  }

  @Test
  void open_ofTheFoldWithTwoRooms_holdsWhatTheLogOfThenGives() throws Exception {
    FoldSettings settings =
        FoldSettings.DEFAULT
            .withCapacity(new Capacity(4, 2))
            .withRetention(new Retention(Duration.ofDays(3_650).toMillis()));
    try (RocksDbSequenceStore store =
            RocksDbSequenceStore.open(unpacked("fold-6-64d3ba6"), settings);
        HeapSequenceStore heap = new HeapSequenceStore(settings)) {
      heap.apply(log());
      assertThat(store.partitions()).isEqualTo(heap.partitions());
      assertThat(store.verifyDigests()).isEqualTo(3);
      assertThat(entries(store.get("ada").sequence()))
          .filteredOn(entry -> entry.startsWith("impression"))
          .hasSize(2);
    }
  }

  /** Before, impressions shared the room of the actions: so they go on to, until a new store. */
  @Test
  void open_nobodyChoseARoomForImpressions_goesOnWithOne() throws Exception {
    Path path = unpacked("fold-4-982c725");
    try (RocksDbSequenceStore store =
        RocksDbSequenceStore.open(path, WantedFold.of(settings(), null))) {
      requireState(store);
      assertThat(store.settings().capacity()).isEqualTo(Capacity.shared(8));
    }
    assertThatIOException()
        .isThrownBy(() -> RocksDbSequenceStore.open(path, WantedFold.of(settings(), 5)))
        .withMessageContainingAll(
            "keeps 8 entries of each user, impressions among them (maxHistory=8",
            "says 8 actions and 5 impressions of each user (maxHistory=8, maxImpressions=5)",
            "store.maxImpressions",
            "nextclick backfill");
  }

  @ParameterizedTest
  @CsvSource({"1, fold-1-4256deb", "2, fold-2-0c6d55a", "3, fold-3-63b7e3e"})
  void open_ofAnEarlierFold_isRefused(int version, String name) throws Exception {
    Path store = unpacked(name);
    String reason =
        "store=%s was folded by version %d of the fold, this program has versions 4 to 6: fold the log again into a new store"
            .formatted(store, version);
    assertThatIOException()
        .isThrownBy(() -> RocksDbSequenceStore.openReadOnly(store))
        .withMessage(reason);
    assertThatIOException()
        .isThrownBy(() -> RocksDbSequenceStore.open(store, settings()))
        .withMessage(reason);
  }

  /** Whoever folds again must be able to forget whom a store of another fold forgot. */
  @ParameterizedTest
  @ValueSource(strings = {"fold-1-4256deb", "fold-2-0c6d55a", "fold-3-63b7e3e", "fold-4-982c725"})
  void copyErasuresFrom_anyFold_forgetsWhomThatOneForgot(String name) throws Exception {
    try (RocksDbSequenceStore store =
        RocksDbSequenceStore.open(directory.resolve("new"), settings())) {
      store.copyErasuresFrom(unpacked(name));
      List<SourceRecord> records = new ArrayList<>();
      for (String user : List.of("ada", "cyd", "dee")) {
        Event event = Event.behaviour("a-" + user, "click", user, "42", START + 75_000);
        records.add(
            new SourceRecord(
                records.size(), SourceRecord.UNKNOWN_TIME, event, EventJson.encode(event)));
      }
      store.apply(new SourceBatch(new SourcePartition("archive", 0), "", -1, 3, records));
      List<String> users = new ArrayList<>();
      store.forEach((user, sequence) -> users.add(user));
      assertThat(users).containsExactly("ada");
      assertThat(store.hasErasures()).isTrue();
    }
  }

  @Test
  void open_withAMapping_keepsIt() throws Exception {
    try (RocksDbSequenceStore store =
        RocksDbSequenceStore.openReadOnly(unpacked("mapped-982c725"))) {
      EventMapping mapping = store.settings().mapping();
      assertThat(mapping).isNotNull();
      assertThat(mapping.toJson())
          .isEqualTo(
              "{\"envelope\":\"\",\"id\":[\"place\"],\"action\":[\"/event_name\"],\"actions\":{\"select_item\":\"click\",\"view_item_list\":\"impression\"},\"user\":[\"/user_id\",\"/user_pseudo_id\"],\"item\":[\"/items/*/item_id\"],\"time\":[\"/event_timestamp\"],\"timeUnit\":\"MICROS\",\"timeZone\":null,\"request\":[],\"context\":{\"surface\":\"/device/category\"},\"attributes\":{},\"key\":\"USER\"}");
      assertThat(store.settings())
          .isEqualTo(FoldSettings.DEFAULT.withMaxHistory(256).withMapping(mapping));
    }
  }

  /** As d224a7d and 982c725 wrote it: a name without a line break. */
  @Test
  void of_ownerOfThen_keepsThePlainNames() throws Exception {
    Files.createDirectories(directory.resolve("store"));
    Files.writeString(directory.resolve("store-of-these-files"), "store");
    assertThat(StoreFiles.of(directory.resolve("store")).resolve("user.key"))
        .isEqualTo(directory.resolve("user.key"));
    assertThat(StoreFiles.of(directory.resolve("other")).resolve("user.key"))
        .isEqualTo(directory.resolve("other-user.key"));
  }

  private Path unpacked(String name) throws IOException {
    Fixtures.unpack("stores/" + name + ".zip.gz", directory);
    return directory.resolve(name);
  }

  private static FoldSettings settings() {
    return FoldSettings.DEFAULT.withMaxHistory(8);
  }

  /** The log that all of them were folded from; offsets are the numbers of its lines. */
  private static SourceBatch log() throws IOException {
    List<SourceRecord> records = new ArrayList<>();
    try (InputStream in = Fixtures.open("stores/events.jsonl")) {
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
        byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
        records.add(
            new SourceRecord(
                records.size() + 1, SourceRecord.UNKNOWN_TIME, EventJson.decode(bytes), bytes));
      }
    }
    return new SourceBatch(EVENTS, FIRST_LINE, -1, records.size() + 1, records);
  }

  private static void requireState(RocksDbSequenceStore store) throws IOException {
    JsonNode state;
    try (InputStream in = Fixtures.open("stores/state.json")) {
      state = new JsonMapper().readTree(in);
    }
    assertThat(store.settings()).isEqualTo(settings());
    assertThat(stored(store)).isEqualTo(texts(state.get("users"), "stored"));
    for (Map.Entry<String, JsonNode> user : state.get("users").properties()) {
      UserSequence sequence = store.get(user.getKey(), partition -> true).sequence();
      assertThat(entries(sequence)).isEqualTo(list(user.getValue().get("entries")));
      Map<String, List<String>> attributes = new TreeMap<>();
      user.getValue()
          .get("attributes")
          .forEachEntry((name, values) -> attributes.put(name, list(values)));
      assertThat(sequence.attributes()).isEqualTo(attributes);
      assertThat(HexFormat.of().formatHex(SequenceCodec.encode(user.getKey(), sequence)))
          .isEqualTo(user.getValue().get("stored").asText());
    }
    requirePartition(store, state.get("partitions").get("events-0"));
    for (Map.Entry<String, JsonNode> expected : state.get("items").properties()) {
      Item item = store.items().get(expected.getKey());
      assertThat(item).isNotNull();
      assertThat(
              new TreeMap<>(item.attributes()) + " " + item.available() + " " + item.timeMillis())
          .isEqualTo(expected.getValue().asText());
    }
    assertThat(store.quarantine().read(EVENTS, 0, 100))
        .extracting(entry ->
            entry.offset()
                + " "
                + entry.rejection().reason()
                + " "
                + new String(entry.head(), StandardCharsets.UTF_8))
        .isEqualTo(list(state.get("quarantine")));
    assertThat(store.verifyDigests()).isEqualTo(3);
    assertThat(store.hasErasures()).isTrue();
  }

  private static void requirePartition(SequenceStore store, JsonNode expected) {
    assertThat(store.partitions()).containsOnlyKeys(EVENTS);
    PartitionState state = store.partitions().get(EVENTS);
    assertThat(state.topicId()).isEqualTo(FIRST_LINE);
    assertThat(state.nextOffset()).isEqualTo(expected.get("nextOffset").asLong());
    assertThat(state.digest().toString(16)).isEqualTo(expected.get("digest").asText());
    assertThat(state.counters()).hasToString(expected.get("counters").asText());
  }

  private static Map<String, String> stored(RocksDbSequenceStore store) {
    Map<String, String> values = new TreeMap<>();
    store.forEachStored(
        (partition, user, value) -> values.put(user, HexFormat.of().formatHex(value)));
    return values;
  }

  private static Map<String, String> texts(JsonNode nodes, String field) {
    Map<String, String> texts = new TreeMap<>();
    nodes.forEachEntry((name, node) -> texts.put(name, node.get(field).asText()));
    return texts;
  }

  private static List<String> list(JsonNode nodes) {
    List<String> list = new ArrayList<>();
    nodes.forEach(node -> list.add(node.asText()));
    return list;
  }

  private static List<String> entries(UserSequence sequence) {
    List<String> entries = new ArrayList<>();
    for (int t = 0; t < sequence.length(); t++) {
      entries.add(
          settings().actions().get(sequence.action(t))
              + " "
              + sequence.item(t)
              + " "
              + sequence.timeMillis(t));
    }
    return entries;
  }
}
