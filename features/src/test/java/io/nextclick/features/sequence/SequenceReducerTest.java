// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.sequence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.nextclick.features.event.Event;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The corners of the fold, one at a time; the oracle has everything at once. */
class SequenceReducerTest {

  private static final long HOUR = 3_600_000;

  private static final SequenceReducer REDUCER =
      new SequenceReducer(new FoldSettings(3, 2, HOUR, List.of("impression", "click")));

  @Test
  void apply_olderThanAllOfAFullHistory_isLate() {
    UserSequence full = folded(click("a", 10), click("b", 20), click("c", 30));
    assertThat(apply(full, click("d", 9)).verdict()).isEqualTo(Verdict.LATE);
    assertThat(apply(full, click("d", 9)).sequence()).isSameAs(full);
    UserSequence notFull = folded(click("b", 20), click("c", 30));
    assertThat(apply(notFull, click("d", 9)).sequence().items()).containsExactly("d", "b", "c");
  }

  /** At the time of the oldest it comes after it, and so has a place. */
  @Test
  void apply_asOldAsTheOldestOfAFullHistory_takesItsPlace() {
    UserSequence full = folded(click("a", 10), click("b", 20), click("c", 30));
    Folded folded = apply(full, click("d", 10));
    assertThat(folded.verdict()).isEqualTo(Verdict.APPLIED);
    assertThat(folded.sequence().items()).containsExactly("d", "b", "c");
    assertThat(folded.sequence().times()).containsExactly(10, 20, 30);
  }

  @Test
  void apply_sameTime_comesAfterThoseBefore() {
    UserSequence sequence = folded(click("a", 10), click("b", 10), click("c", 5));
    assertThat(sequence.items()).containsExactly("c", "a", "b");
  }

  @Test
  void apply_moreItemsThanFit_keepsTheLastOfThem() {
    UserSequence one = folded(click("a", 10));
    Event page = page(List.of("p", "q", "r", "s"), 20);
    assertThat(apply(one, page).sequence().items()).containsExactly("q", "r", "s");
    Event before = page(List.of("p", "q"), 5);
    UserSequence both = apply(folded(click("a", 10), click("b", 20)), before).sequence();
    assertThat(both.items()).containsExactly("q", "a", "b");
    assertThat(both.actions()).containsExactly(0, 1, 1);
    assertThat(both.times()).containsExactly(5, 10, 20);
  }

  @Test
  void apply_pagesWithoutEnd_pushOutNoAction() {
    SequenceReducer reducer =
        new SequenceReducer(
            new FoldSettings(new Capacity(2, 3), 9, HOUR, List.of("impression", "click")));
    UserSequence sequence = reducer.apply(UserSequence.EMPTY, click("bought", 10), HOUR).sequence();
    for (int t = 20; t < 90; t++) {
      sequence = reducer.apply(sequence, page(List.of("p" + t, "q" + t), t), HOUR).sequence();
    }
    assertThat(sequence.items()).containsExactly("bought", "q88", "p89", "q89");

    assertThat(reducer.apply(sequence, page(List.of("old"), 19), HOUR).verdict())
        .isEqualTo(Verdict.LATE);
    Folded clicked = reducer.apply(sequence, click("first", 5), HOUR);
    assertThat(clicked.sequence().items())
        .as("there is room for another click, as old as it is")
        .containsExactly("first", "bought", "q88", "p89", "q89");
    assertThat(reducer.apply(clicked.sequence(), click("older", 4), HOUR).verdict())
        .isEqualTo(Verdict.LATE);
    assertThat(reducer.apply(clicked.sequence(), click("new", 88), HOUR).sequence().items())
        .containsExactly("bought", "q88", "new", "p89", "q89");
  }

  @Test
  void apply_repeatWithinTheWindow_isADuplicate() {
    UserSequence sequence = folded(click("a", 10), click("b", 20));
    assertThat(apply(sequence, click("a", 10)).verdict()).isEqualTo(Verdict.DUPLICATE);
    assertThat(apply(sequence, click("a", 10)).sequence()).isSameAs(sequence);
    UserSequence third = apply(sequence, click("c", 30)).sequence();
    assertThat(third.recentIds())
        .containsExactly(SequenceReducer.hash("id-b20"), SequenceReducer.hash("id-c30"));
    assertThat(apply(third, click("a", 10)).verdict()).isEqualTo(Verdict.APPLIED);
  }

  @Test
  void apply_noWindow_remembersNothing() {
    var reducer = new SequenceReducer(new FoldSettings(3, 0, 0, List.of("impression", "click")));
    UserSequence one = reducer.apply(UserSequence.EMPTY, click("a", 10), 10).sequence();
    assertThat(one.recentIds()).isEmpty();
    assertThat(reducer.apply(one, click("a", 10), 10).sequence().items()).containsExactly("a", "a");
  }

  @Test
  void apply_actionThatIsNone_isQuarantined() {
    Event stroll = Event.behaviour("x", "stroll", "ada", "a", 10);
    assertThat(REDUCER.apply(UserSequence.EMPTY, stroll, 10).verdict())
        .isEqualTo(Verdict.QUARANTINED);
  }

  @Test
  void apply_attributes_theNewestCount() {
    UserSequence gold = folded(user("u1", 10, "gold"));
    assertThat(gold.attributes()).isEqualTo(Map.of("plan", List.of("gold")));
    assertThat(gold.attributesTimeMillis()).isEqualTo(10);
    assertThat(apply(gold, user("u2", 9, "free")).verdict()).isEqualTo(Verdict.LATE);
    assertThat(apply(gold, user("u1", 11, "free")).verdict()).isEqualTo(Verdict.DUPLICATE);
    UserSequence free = apply(gold, user("u3", 10, "free")).sequence();
    assertThat(free.attributes()).isEqualTo(Map.of("plan", List.of("free")));
    UserSequence clicked = apply(free, click("a", 5)).sequence();
    assertThat(clicked.attributes()).isEqualTo(free.attributes());
    assertThat(clicked.attributesTimeMillis()).isEqualTo(10);
    UserSequence again = apply(clicked, user("u4", 20, "gold")).sequence();
    assertThat(again.items()).containsExactly("a");
  }

  @Test
  void apply_itemOrErase_isNoEventOfASequence() {
    Event item = new Event("i", "item", null, List.of("a"), 1, null, Map.of(), Map.of(), true);
    assertThatIllegalArgumentException().isThrownBy(() -> apply(UserSequence.EMPTY, item));
    Event erase = new Event("e", "erase", "ada", List.of(), 1, null, Map.of(), Map.of(), true);
    assertThatIllegalArgumentException().isThrownBy(() -> apply(UserSequence.EMPTY, erase));
  }

  @Test
  void clamp_aheadOfTheLog_isHeldToWhatIsAllowed() {
    Event click = click("a", 10 * HOUR);
    assertThat(REDUCER.clamp(click, 9 * HOUR)).isEqualTo(10 * HOUR);
    assertThat(REDUCER.clamp(click, 9 * HOUR - 1)).isEqualTo(10 * HOUR - 1);
    assertThat(REDUCER.clamp(click, -5)).isEqualTo(HOUR);
    assertThat(REDUCER.clamp(click, Long.MIN_VALUE)).isEqualTo(HOUR);
    assertThat(REDUCER.clamp(click, SourceRecord.UNKNOWN_TIME)).isEqualTo(10 * HOUR);
    assertThat(REDUCER.clamp(click, Long.MAX_VALUE - HOUR)).isEqualTo(10 * HOUR);
    assertThat(REDUCER.clamp(click, Long.MAX_VALUE - HOUR + 1)).isEqualTo(10 * HOUR);
    Event user = user("u", 10 * HOUR, "gold");
    assertThat(REDUCER.clamp(user, 9 * HOUR)).isEqualTo(9 * HOUR);
    assertThat(REDUCER.apply(UserSequence.EMPTY, click, 2 * HOUR).sequence().times())
        .containsExactly(3 * HOUR);
  }

  /** Part of the stored state: an id must have the same hash in every version. */
  @Test
  void hash_ofIds_isWhatIsStored() {
    assertThat(SequenceReducer.hash("u0")).isEqualTo(0x4392192b94c25432L);
    assertThat(SequenceReducer.hash("m1")).isEqualTo(0xb72fa91f34f90b47L);
    assertThat(SequenceReducer.hash("")).isNotEqualTo(SequenceReducer.hash("\0"));
  }

  private static UserSequence folded(Event... events) {
    UserSequence sequence = UserSequence.EMPTY;
    for (Event event : events) {
      sequence = apply(sequence, event).sequence();
    }
    return sequence;
  }

  private static Folded apply(UserSequence before, Event event) {
    return REDUCER.apply(before, event, SourceRecord.UNKNOWN_TIME);
  }

  private static Event click(String item, long time) {
    return Event.behaviour("id-" + item + time, "click", "ada", item, time);
  }

  private static Event page(List<String> items, long time) {
    return new Event(
        "page-" + time, "impression", "ada", items, time, null, Map.of(), Map.of(), true);
  }

  private static Event user(String id, long time, String plan) {
    return new Event(
        id, "user", "ada", List.of(), time, null, Map.of(), Map.of("plan", List.of(plan)), true);
  }
}
