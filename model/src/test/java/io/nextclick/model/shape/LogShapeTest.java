// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.shape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.nextclick.features.event.Event;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Figures of small logs, counted by hand, and the bounds of the reader. */
class LogShapeTest {

  private static final long DAY = 86_400_000;
  private static final long START = 1_770_000_000_000L;

  private final List<Event> log = new ArrayList<>();

  @Test
  void shape_ofASmallLog_isWhatAHandCounts() {
    log.add(attributes(Event.ITEM, null, List.of("a"), Map.of("colour", List.of("red"))));
    log.add(attributes(Event.USER, "u1", List.of(), Map.of("city", List.of("Bonn"))));
    log.add(page("u1", "r1", START + 500, "a", "b", "c", "d"));
    log.add(asked("u1", "r1", "a", START + 1_000));
    log.add(click("u1", "b", START + 2_000));
    log.add(click("u1", "a", START + 3_000)); // a repeat
    log.add(Event.behaviour("p", "purchase", "u1", "c", START + 3_000)); // a tie
    log.add(Event.behaviour("d", "dislike", "u1", "e", START + 4_000)); // nobody wants that
    log.add(asked("u2", "r9", "a", START + DAY)); // no such page

    LogShape shape = LogShape.of(log, "click");

    assertThat(shape.clock()).isEqualTo(new LogShape.Clock(9, 7, START + 500, START + DAY, 500));
    assertThat(shape.users().count()).isEqualTo(2);
    assertThat(shape.users().everyNth()).isEqualTo(1);
    assertThat(shape.users().wanted()).isEqualTo(new Quantiles(1, 1, 4, 4, 4));
    assertThat(shape.users().shown()).isEqualTo(new Quantiles(0, 0, 4, 4, 4));
    assertThat(shape.users().spanMillis().most()).isEqualTo(3_500);
    assertThat(shape.users().repeats()).isEqualTo(1 / 5.0);
    assertThat(shape.users().targets()).isEqualTo(1);
    assertThat(shape.users().attributes()).isEqualTo(Map.of("city", 0.5));
    assertThat(shape.items().count()).isEqualTo(4);
    assertThat(shape.items().wanted()).isEqualTo(3);
    assertThat(shape.items().entries()).isEqualTo(5);
    assertThat(shape.items().sparsity()).isCloseTo(1 - 4 / 6.0, within(1e-12));
    assertThat(shape.items().described()).isEqualTo(0.25);
    assertThat(shape.items().attributes()).isEqualTo(Map.of("colour", 0.25));
    assertThat(shape.order().neighbours()).isEqualTo(3);
    assertThat(shape.order().ties()).isCloseTo(1 / 3.0, within(1e-12));
    assertThat(shape.pages()).isEqualTo(new LogShape.Pages(1, 4, 1, 1, 4, 4, 2, 1));
    assertThat(shape.pages().clickRate()).isEqualTo(0.25);
    assertThat(ShapeText.of(shape)).containsKeys("log", "users", "items", "order", "pages");
  }

  @Test
  void pages_inAnyOrder_areTheSame() {
    for (int p = 0; p < 300; p++) {
      log.add(page("u" + p % 7, "r" + p, START + p * 1_000L, "a", "b", "c"));
      log.add(asked("u" + p % 7, "r" + p, p % 2 == 0 ? "a" : "z", START + p * 1_000L + 1));
    }
    LogShape.Pages inOrder = LogShape.of(log, "click").pages();
    Collections.shuffle(log, new Random(3));

    assertThat(LogShape.of(log, "click").pages()).isEqualTo(inOrder);
    assertThat(inOrder).isEqualTo(new LogShape.Pages(300, 900, 150, 300, 900, 300, 0, 150));
  }

  @Test
  void seenTargets_areThoseThatStandInTheTrainingPartOfAnother() {
    history("u0", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    history("u1", 2, 3, 4, 5, 6); // 6 behind 2, 3, 4, 5 is in what u0 is trained on
    history("u2", 4, 5, 6, 7, 8); // 8 is held out of u0
    history("u3", 1, 2, 3, 4); // too short to tell

    LogShape.Order order = LogShape.of(log, "click").order();

    assertThat(order.compared()).isEqualTo(3);
    assertThat(order.seenTargets()).isCloseTo(1 / 3.0, within(1e-12));
    assertThat(order.duplicateUsers()).isZero();
  }

  @Test
  void duplicateUsers_areAllThatHaveTheSameHistory() {
    history("u0", 0, 1, 2, 3, 4);
    history("u1", 0, 1, 2, 3, 4);
    history("u2", 0, 1, 2, 4, 3);
    history("u3", 0, 1, 2, 3, 4, 0); // a repeat changes nothing

    assertThat(LogShape.of(log, "click").order().duplicateUsers()).isEqualTo(0.75);
  }

  @Test
  void drift_isZeroOfWhatStaysAndOneOfWhatGoes() {
    var random = new SplittableRandom(1);
    var changing = new ArrayList<Event>();
    for (int t = 0; t < 4_000; t++) {
      int item = Math.min(random.nextInt(40), random.nextInt(40));
      log.add(click("u" + t % 50, "i" + item, START + t * 1_000L));
      changing.add(click("u" + t % 50, "i" + (t < 2_000 ? item : item + 40), START + t * 1_000L));
    }
    assertThat(LogShape.of(log, "click").items().drift()).isLessThan(0.03);
    assertThat(LogShape.of(changing, "click").items().drift()).isEqualTo(1);
  }

  @Test
  void moreUsersThanAreKept_areEstimatedFromASample() {
    var reader = new LogShapeReader("click", 256);
    for (int user = 0; user < 20_000; user++) {
      for (int t = 0; t < 3; t++) {
        reader.accept(click("u" + user, "i" + (user + t) % 90, START + t * DAY));
      }
    }
    LogShape.Users users = reader.shape().users();
    assertThat(users.everyNth()).isGreaterThan(64);
    assertThat((double) users.count()).isBetween(16_000.0, 24_000.0);
    assertThat(users.wanted()).isEqualTo(new Quantiles(3, 3, 3, 3, 3));
    assertThat(users.targets()).isEqualTo(users.count());
  }

  @Test
  void sampleOfKeysWithManyEntries_keepsItsBoundToo() {
    var sample = new HashSample<>(1_000, 500, LongSet::new, LongSet::size);
    for (int key = 0; key < 400; key++) {
      for (int entry = 1; entry <= 20; entry++) {
        LongSet set = sample.of(Hash64.of("k" + key));
        if (set != null) {
          sample.grew(set.add(entry) ? 1 : 0);
        }
      }
    }
    assertThat(sample.notes().stream().mapToInt(LongSet::size).sum()).isBetween(100, 500);
    assertThat((double) sample.factor() * sample.notes().size()).isBetween(250.0, 600.0);
  }

  @Test
  void erasedUser_isNoUser() {
    history("u0", 0, 1, 2, 3, 4);
    log.add(attributes(Event.ERASE, "u0", List.of(), Map.of()));
    assertThat(LogShape.of(log, "click").users().count()).isZero();
  }

  private void history(String user, int... items) {
    for (int item : items) {
      log.add(click(user, "i" + item, START + log.size() * 1_000L));
    }
  }

  static Event click(String user, String item, long time) {
    return Event.behaviour("c" + user + item + time, "click", user, item, time);
  }

  static Event asked(String user, String request, String item, long time) {
    return new Event(
        "a" + user + request + item,
        "click",
        user,
        List.of(item),
        time,
        request,
        Map.of(),
        Map.of(),
        true);
  }

  static Event page(String user, String request, long time, String... items) {
    return new Event(
        "im" + request,
        "impression",
        user,
        List.of(items),
        time,
        request,
        Map.of(),
        Map.of(),
        true);
  }

  private static Event attributes(
      String action, String user, List<String> items, Map<String, List<String>> attributes) {
    return new Event(
        action + user + items, action, user, items, START, null, Map.of(), attributes, true);
  }
}
