// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.nextclick.features.event.Event;
import io.nextclick.features.item.Item;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.HeapSequenceStore;
import io.nextclick.features.sequence.SequenceCodec;
import io.nextclick.features.sequence.SilentUsers;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.features.sequence.UserSequence;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ImpressionsTest {

  private final List<Event> log = new ArrayList<>();

  @Test
  void next_pageWithAClick_isLabelledAndEntersLaterHistoriesAsTokens() {
    add("impression", "u", 10, "r1", "a", "b");
    add("click", "u", 12, "r1", "b");
    add("impression", "u", 20, "r2", "c");
    List<Impression> found = all();
    assertThat(found).hasSize(2);
    assertThat(found.get(0).clicked()).containsExactly(false, true);
    assertThat(history(found.get(0))).isEmpty();
    assertThat(found.get(1).clicked()).containsExactly(false);
    assertThat(history(found.get(1))).containsExactly("impression a", "impression b", "click b");
  }

  @Test
  void next_eventsOfTheSameTimeOrLaterThatTheLogHasBefore_areNotInTheHistory() {
    add("click", "u", 9, null, "x");
    add("click", "u", 20, null, "same");
    add("click", "u", 30, null, "later");
    add("impression", "u", 20, "r1", "a");
    assertThat(history(all().getFirst())).containsExactly("click x");
  }

  @Test
  void next_clickThatTheLogHasBeforeItsImpression_doesNotTellOnIt() {
    add("click", "u", 8, null, "x");
    add("click", "u", 9, "r1", "a"); // a clock that is behind, and a record out of order
    add("impression", "u", 10, "r1", "a");
    assertThat(history(all().getFirst())).containsExactly("click x");
  }

  @Test
  void next_secondPageOfARequest_knowsNothingOfTheFirst() {
    add("impression", "u", 10, "r1", "a");
    add("click", "u", 11, "r1", "a");
    add("impression", "u", 12, "r1", "b");
    assertThat(history(all().get(1))).isEmpty();
  }

  @Test
  void next_sameRowTwice_bothCountAndNeitherSeesTheOther() {
    add("impression", "u", 10, "r1", "a");
    add("click", "u", 10, "r1", "a");
    add("impression", "u", 10, "r2", "a");
    List<Impression> found = all();
    assertThat(found.get(0).clicked()).containsExactly(true);
    assertThat(found.get(1).clicked()).containsExactly(false);
    assertThat(history(found.get(1))).isEmpty();
  }

  @Test
  void next_repeatedImpressionOrNoRequest_isNoRow() {
    add("impression", "u", 10, "r1", "a");
    log.add(log.getFirst());
    add("impression", "u", 11, null, "h");
    assertThat(all()).hasSize(1);
  }

  @Test
  void next_clickOfAnotherUserOrRequestOrItem_isNoLabel() {
    add("impression", "u", 10, "r1", "a");
    add("click", "v", 11, "r1", "a");
    add("click", "u", 11, "r2", "a");
    add("click", "u", 11, "r1", "b");
    var rows = new Impressions(log.iterator(), FoldSettings.DEFAULT, "click", 100);
    assertThat(rows.next().clicked()).containsExactly(false);
    assertThat(rows.hasNext()).isFalse();
    assertThat(rows.unmatchedOutcomes()).isEqualTo(3);
  }

  @Test
  void next_clickBeyondTheLookahead_isCountedAsUnmatched() {
    add("impression", "u", 10, "r1", "a");
    add("click", "w", 11, null, "x");
    add("click", "u", 12, "r1", "a");
    var near = new Impressions(log.iterator(), FoldSettings.DEFAULT, "click", 1);
    assertThat(near.next().clicked()).containsExactly(false);
    assertThat(near.hasNext()).isFalse();
    assertThat(near.unmatchedOutcomes()).isEqualTo(1);
    var far = new Impressions(log.iterator(), FoldSettings.DEFAULT, "click", 2);
    assertThat(far.next().clicked()).containsExactly(true);
    assertThat(far.hasNext()).isFalse();
    assertThat(far.unmatchedOutcomes()).isZero();
  }

  @Test
  void next_otherOutcome_isLabelledByIt() {
    add("impression", "u", 10, "r1", "a");
    add("click", "u", 10, "r1", "a");
    add("impression", "u", 20, "r2", "b");
    add("long_view", "u", 20, "r2", "b");
    var rows = new Impressions(log.iterator(), FoldSettings.DEFAULT, "long_view", 10);
    assertThat(rows.next().clicked()).containsExactly(false);
    assertThat(rows.next().clicked()).containsExactly(true);
  }

  @Test
  void next_attributesOfUserAndItem_areThoseBefore() {
    log.add(described(Event.USER, "u", 5, "country", "de"));
    log.add(described(Event.ITEM, null, 5, "tag", "old"));
    add("impression", "u", 10, "r1", "i");
    log.add(described(Event.USER, "u", 30, "country", "fr"));
    log.add(described(Event.ITEM, null, 30, "tag", "new"));
    add("impression", "u", 20, "r2", "i");
    Impressions rows = Impressions.of(log.iterator());
    assertThat(rows.next().before().attributes()).containsEntry("country", List.of("de"));
    assertThat(rows.items().get("i")).hasFieldOrPropertyWithValue("timeMillis", 5L);
    assertThat(rows.next().before().attributes()).isEmpty(); // only later ones are known
    Item item = Objects.requireNonNull(rows.items().get("i"));
    assertThat(item.timeMillis()).isEqualTo(30);
    assertThat(rows.sinceDescribed(item).timeMillis()).isEqualTo(5);
    assertThat(rows.sinceDescribed(item).attributes()).isEqualTo(item.attributes());
  }

  @Test
  void next_eraseRequest_forgetsWhatWasBefore() {
    add("impression", "u", 10, "r1", "a");
    log.add(new Event("x", Event.ERASE, "u", List.of(), 15, null, Map.of(), Map.of(), true));
    add("impression", "u", 14, "r2", "late");
    add("impression", "u", 20, "r3", "b");
    List<Impression> found = all();
    assertThat(found).hasSize(2);
    assertThat(history(found.get(1))).isEmpty();
  }

  @Test
  void impression_historyOfItsOwnTime_isRefused() {
    UserSequence leaking = UserSequence.of(List.of("a"), new byte[] {1}, new long[] {10});
    Event event = event("impression", "u", 10, "r1", "a");
    assertThatIllegalStateException()
        .isThrownBy(() -> new Impression(leaking, event, new boolean[1]))
        .withMessageContaining("leak")
        .withMessageContaining("time 10");
  }

  @Test
  void context_dateOfTheSplit_isNoFeature() {
    Event shown =
        new Event(
            "e",
            "impression",
            "u",
            List.of("a"),
            10,
            "r",
            Map.of("tab", "1", "date", "20220504"),
            Map.of(),
            true);
    assertThat(new Impression(UserSequence.EMPTY, shown, new boolean[1]).context())
        .containsOnlyKeys("tab");
  }

  /** What training sees is what a store has that was folded from the same log. */
  @Test
  void sequences_ofSilentUsers_areThoseOfAStore() {
    FoldSettings settings = SilentUsers.settings(3);
    List<SourceRecord> records = new ArrayList<>();
    for (SourceRecord record : new SilentUsers(3).records(500)) {
      if (record.decoded() instanceof Event event) {
        log.add(event);
        records.add(
            new SourceRecord(records.size(), SourceRecord.UNKNOWN_TIME, event, new byte[0]));
      }
    }
    var impressions = new Impressions(log.iterator(), settings, "click", 100);
    while (impressions.hasNext()) {
      impressions.next();
    }
    Map<String, String> stored = new TreeMap<>();
    try (HeapSequenceStore store = new HeapSequenceStore(settings)) {
      store.apply(new SourceBatch(new SourcePartition("log", 0), "", -1, records.size(), records));
      assertThat(store.partitions().values())
          .allSatisfy(state -> assertThat(state.counters().expired()).isGreaterThan(10));
      store.forEach((user, sequence) -> stored.put(user, bytes(user, sequence)));
    }
    Map<String, String> seen = new TreeMap<>();
    impressions.sequences().forEach((user, sequence) -> seen.put(user, bytes(user, sequence)));
    assertThat(seen).containsAllEntriesOf(stored);
    assertThat(stored).hasSizeGreaterThan(1).hasSizeLessThan(seen.size());
  }

  private static String bytes(String user, UserSequence sequence) {
    return HexFormat.of().formatHex(SequenceCodec.encode(user, sequence));
  }

  private List<Impression> all() {
    List<Impression> found = new ArrayList<>();
    Impressions.of(log.iterator()).forEachRemaining(found::add);
    return found;
  }

  private static List<String> history(Impression impression) {
    UserSequence before = impression.before();
    List<String> tokens = new ArrayList<>();
    for (int i = 0; i < before.length(); i++) {
      tokens.add(FoldSettings.DEFAULT.actions().get(before.action(i)) + " " + before.item(i));
    }
    return tokens;
  }

  private void add(
      String action, String user, long time, @Nullable String request, String... items) {
    log.add(event(action, user, time, request, items));
  }

  private Event event(
      String action, String user, long time, @Nullable String request, String... items) {
    return new Event(
        "e" + log.size(), action, user, List.of(items), time, request, Map.of(), Map.of(), true);
  }

  private Event described(
      String kind, @Nullable String user, long time, String name, String value) {
    return new Event(
        "e" + log.size(),
        kind,
        user,
        user == null ? List.of("i") : List.of(),
        time,
        null,
        Map.of(),
        Map.of(name, List.of(value)),
        true);
  }
}
