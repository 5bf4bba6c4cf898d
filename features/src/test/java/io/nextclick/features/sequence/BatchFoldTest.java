// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.sequence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a batch leaves of a partition's position, and which batches are refused. */
class BatchFoldTest {

  private static final SourcePartition EVENTS = new SourcePartition("events", 0);

  private final HeapSequenceStore store =
      new HeapSequenceStore(new FoldSettings(3, 2, 0, List.of("impression", "click")));

  @Test
  void fold_firstBatch_beginsAtItsFirstRecord() {
    store.apply(batch("", 9, at(5, 100, click("a", 1)), at(7, 90, click("b", 2))));
    PartitionState state = state();
    assertThat(state.baseOffset()).isEqualTo(5);
    assertThat(state.nextOffset()).isEqualTo(9);
    assertThat(state.leaderEpoch()).isEqualTo(4);
    assertThat(state.lastAppendTimeMillis()).isEqualTo(100);
    assertThat(state.counters()).isEqualTo(new Counters(2, 0, 0, 0, 0));
    store.apply(batch("", 10, at(9, SourceRecord.UNKNOWN_TIME, click("a", 1))));
    assertThat(state().baseOffset()).isEqualTo(5);
    assertThat(state().lastAppendTimeMillis()).isEqualTo(100);
    assertThat(state().counters()).isEqualTo(new Counters(2, 1, 0, 0, 0));
  }

  /** A transaction that left only gaps. */
  @Test
  void fold_noRecords_movesThePosition() {
    store.apply(batch("", 5));
    assertThat(state().baseOffset()).isEqualTo(5);
    assertThat(state().nextOffset()).isEqualTo(5);
    assertThat(state().lastAppendTimeMillis()).isEqualTo(-1);
    assertThat(state().digest()).isZero();
  }

  @Test
  void fold_belowThePosition_isRefused() {
    store.apply(batch("", 5, at(4, 1, click("a", 1))));
    refused("offset=4, but the next must be at least 5", batch("", 6, at(4, 1, click("b", 2))));
    refused("nextOffset=4 lies before the end of the batch, 5", batch("", 4));
    refused(
        "offset=6, but the next must be at least 7",
        batch("", 8, at(6, 1, click("b", 2)), at(6, 1, click("c", 3))));
    refused(
        "nextOffset=6 lies before the end of the batch, 7", batch("", 6, at(6, 1, click("b", 2))));
    store.apply(batch("", 6, at(5, 1, click("b", 2))));
    assertThat(state().nextOffset()).isEqualTo(6);
  }

  @Test
  void fold_anotherTopic_isRefused() {
    store.apply(batch("", 1, at(0, 1, click("a", 1))));
    store.apply(batch("one", 2, at(1, 1, click("b", 2))));
    refused(
        "topic id=two, but the state was built from topic id=one",
        batch("two", 3, at(2, 1, click("c", 3))));
    store.apply(batch("one", 3, at(2, 1, click("c", 3))));
    assertThat(state().topicId()).isEqualTo("one");
  }

  @Test
  void fold_items_theNewestCount() {
    assertThat(verdicts(item("i1", 10, "red"), item("i1", 10, "red"), item("i2", 9, "old")))
        .containsExactly(Verdict.APPLIED, Verdict.DUPLICATE, Verdict.LATE);
    assertThat(verdicts(item("i2", 9, "old"), item("i1", 20, "red"), item("i3", 10, "blue")))
        .containsExactly(Verdict.LATE, Verdict.DUPLICATE, Verdict.APPLIED);
    assertThat(store.items().get("a").attributes()).isEqualTo(Map.of("colour", List.of("blue")));
    assertThat(store.items().get("a").timeMillis()).isEqualTo(10);
  }

  @Test
  void fold_erase_keepsOutWhatIsNotNewer() {
    assertThat(
            verdicts(
                click("a", 10),
                erase("e1", 20),
                click("b", 20),
                click("c", 21),
                erase("e0", 5),
                click("d", 19)))
        .containsExactly(
            Verdict.APPLIED,
            Verdict.ERASED,
            Verdict.ERASED,
            Verdict.APPLIED,
            Verdict.ERASED,
            Verdict.ERASED);
    assertThat(state().digest()).isZero();
    assertThat(verdicts(click("f", 22))).containsExactly(Verdict.APPLIED);
    byte[] value = SequenceCodec.encode("ada", store.get("ada", partition -> true).sequence());
    assertThat(state().digest()).isEqualTo(SequenceCodec.digest(value));
    assertThat(verdicts(erase("e2", 30))).containsExactly(Verdict.ERASED);
    assertThat(state().digest()).isZero();
  }

  @Test
  void fold_unknownAction_isQuarantinedWithItsReason() {
    assertThat(verdicts(Event.behaviour("x", "stroll", "ada", "a", 1)))
        .containsExactly(Verdict.QUARANTINED);
    assertThat(state().digest()).isZero();
    assertThat(state().counters()).isEqualTo(new Counters(0, 0, 0, 1, 0));
  }

  private List<Verdict> verdicts(Event... events) {
    long next = store.partitions().containsKey(EVENTS) ? state().nextOffset() : 0;
    List<SourceRecord> records = new ArrayList<>();
    for (Event event : events) {
      records.add(at(next + records.size(), SourceRecord.UNKNOWN_TIME, event));
    }
    return store.apply(new SourceBatch(EVENTS, "", 4, next + records.size(), records)).verdicts();
  }

  private void refused(String reason, SourceBatch batch) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> store.apply(batch))
        .withMessage("events-0: " + reason);
  }

  private PartitionState state() {
    return store.partitions().get(EVENTS);
  }

  private static SourceBatch batch(String topicId, long next, SourceRecord... records) {
    return new SourceBatch(EVENTS, topicId, 4, next, Arrays.asList(records));
  }

  private static SourceRecord at(long offset, long appended, Event event) {
    return new SourceRecord(offset, appended, event, EventJson.encode(event));
  }

  private static Event click(String item, long time) {
    return Event.behaviour("id-" + item, "click", "ada", item, time);
  }

  private static Event erase(String id, long time) {
    return new Event(id, "erase", "ada", List.of(), time, null, Map.of(), Map.of(), true);
  }

  private static Event item(String id, long time, String colour) {
    return new Event(
        id,
        "item",
        null,
        List.of("a"),
        time,
        null,
        Map.of(),
        Map.of("colour", List.of(colour)),
        true);
  }
}
