// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.shape;

import static io.nextclick.model.shape.LogShapeTest.asked;
import static io.nextclick.model.shape.LogShapeTest.click;
import static io.nextclick.model.shape.LogShapeTest.page;
import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.features.event.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import java.util.function.IntToLongFunction;
import org.assertj.core.api.ListAssert;
import org.junit.jupiter.api.Test;

/** A sound log, and each way of being none: one sentence, with its figures. */
class ShapeWarningsTest {

  private static final int USERS = 500;
  private static final int EACH = 6;
  private static final long START = 1_770_000_000_000L;

  private static final IntFunction<String> NAME = user -> "u" + user;
  private static final IntToLongFunction CLOCK = n -> START + n * 61_111L;

  @Test
  void soundLogs_haveNone() {
    assertWarnings(clicks(NAME, CLOCK, USERS)).isEmpty();
    assertWarnings(pages(2_000, n -> n % 4 == 0, true)).isEmpty();
    assertWarnings(clicks(user -> String.valueOf(3 * user), CLOCK, USERS)).isEmpty(); // with gaps
  }

  @Test
  void mostNeighboursInTime_areTies() {
    assertOne(clicks(NAME, n -> n / EACH * 86_400_000L, USERS))
        .contains("100.0 % of the 2", "have the same time (the clock counts days)", "artefact");
    assertOne(clicks(NAME, n -> START + n / EACH * 1_000L, USERS))
        .contains("(the clock counts whole seconds)");
  }

  @Test
  void usersThatAreCopies_countTwice() {
    List<Event> log = clicks(NAME, CLOCK, USERS);
    for (Event event : List.copyOf(log.subList(0, 40 * EACH))) {
      log.add(click("copy" + event.user(), event.items().getFirst(), event.timeMillis()));
    }
    assertOne(log).contains("14.8 % of the 540 users", "exactly the history of another");
  }

  @Test
  void testTargets_thatATrainingPartHasToo() {
    List<Event> log = clicks(NAME, CLOCK, USERS);
    for (int user = 0; user < 60; user++) {
      for (int t = 0; t < 8; t++) { // the same eight, two more each; another target behind
        log.add(click("long" + user, t < 6 ? "s" + t : "x" + user + t, START + t));
      }
      for (int t = 1; t < 6; t++) {
        log.add(click("part" + user, "s" + t, START + t));
      }
    }
    assertWarnings(log)
        .hasSize(2)
        .anySatisfy(told ->
            assertThat(told)
                .contains("9.7 % of the test targets", "in the training part of another user"));
  }

  @Test
  void numbersOfRows_areNoIds() {
    assertOne(clicks(user -> String.valueOf(user + 1), CLOCK, USERS))
        .contains("The 500 users are the numbers 1, 2, 3, ...", "ids that your service will ask");

    List<Event> rows = new ArrayList<>();
    for (int row = 0; row < 600; row++) {
      rows.add(click(String.valueOf(row), "i" + row % 31, CLOCK.applyAsLong(row)));
    }
    assertWarnings(rows)
        .hasSize(3)
        .first()
        .asString()
        .contains("Each of the 600 events has a user of its own", "the number of a row");

    List<Event> items = new ArrayList<>();
    for (int n = 0; n < 3_000; n++) {
      String item = String.valueOf(n < 50 ? n : n * 37 % 50);
      items.add(click("u" + n % 500, item, CLOCK.applyAsLong(n)));
    }
    assertWarnings(items).anyMatch(told -> told.contains("The 50 items are the numbers 1, 2, 3"));

    List<Event> events = new ArrayList<>();
    for (Event event : clicks(NAME, CLOCK, USERS)) {
      events.add(
          Event.behaviour(
              String.valueOf(events.size()),
              "click",
              event.key(),
              event.items().getFirst(),
              event.timeMillis()));
    }
    assertOne(events).contains("ids of the 3,000 events", "for repeats of these");
  }

  @Test
  void oneKindOfOutcome_teachesNothing() {
    assertOne(pages(2_000, n -> false, true))
        .contains("None of the 6,000 items shown were clicked", "--preset=next-item");
    assertOne(pages(2_000, n -> true, true)).contains("All of the 6,000 items shown were clicked");
  }

  @Test
  void clicksWithoutImpressions_areTold() {
    List<Event> noPages = pages(2_000, n -> n % 4 == 0, true);
    noPages.removeIf(event -> event.action().equals("impression"));
    assertWarnings(noPages)
        .first()
        .asString()
        .contains("1,500 clicks name the request", "the log has no impression");

    assertWarnings(pages(2_000, n -> n % 4 == 0, false))
        .anyMatch(told -> told.contains("1,500 of 1,500 clicks belong to no impression (0 name"));

    List<Event> unnamed = new ArrayList<>();
    for (Event page : pages(2_000, n -> n % 4 == 0, true)) {
      unnamed.add(
          new Event(
              page.id(),
              page.action(),
              page.user(),
              page.items(),
              page.timeMillis(),
              null,
              page.context(),
              page.attributes(),
              true));
    }
    assertWarnings(unnamed)
        .first()
        .asString()
        .contains("None of the 2,000 impressions names a request");
  }

  @Test
  void tooFewToValidateOn_areTold() {
    assertOne(clicks(NAME, CLOCK, 90))
        .contains("Of 90 users 90 have three different items", "known to 0.10 at best", "markov");
    assertOne(pages(300, n -> n % 10 == 0, true))
        .contains("has about 18 clicks among 180 items shown", "known to 0.14 at best");
    List<Event> two = new ArrayList<>();
    for (int n = 0; n < 2 * USERS; n++) {
      two.add(click(NAME.apply(n / 2), "i" + n % 40, CLOCK.applyAsLong(n)));
    }
    assertOne(two).contains("None of the 500 users has three different items", "train refuses");
  }

  @Test
  void oneItem_orNobody_isNothingToLearn() {
    List<Event> one = new ArrayList<>();
    for (int n = 0; n < 100; n++) {
      one.add(click("u" + n % 9, "i", CLOCK.applyAsLong(n)));
    }
    assertWarnings(one).anyMatch(told -> told.contains("The log has one item"));
    assertOne(clicks(user -> "u", CLOCK, USERS)).contains("The log has one user");
    assertOne(List.of()).contains("No user does anything in this log");
  }

  @Test
  void usersOrItemsThatNeverComeBack_areTold() {
    List<Event> users = new ArrayList<>();
    List<Event> items = new ArrayList<>();
    for (int n = 0; n < 3_000; n++) {
      users.add(click("u" + n, "i" + n % 40, CLOCK.applyAsLong(n)));
      items.add(click("u" + n % 500, "i" + n, CLOCK.applyAsLong(n)));
    }
    assertWarnings(users)
        .hasSize(2)
        .first()
        .asString()
        .contains("Nine in ten of the 3,000 users wanted one item at most");
    assertOne(items).contains("100.0 % of the 3,000 items come up a single time");
  }

  private static List<Event> clicks(IntFunction<String> name, IntToLongFunction clock, int users) {
    var random = new SplittableRandom(5);
    List<Event> log = new ArrayList<>();
    for (int user = 0; user < users; user++) {
      for (int t = 0; t < EACH; t++) {
        String item = "i" + (t * 30 + random.nextInt(30));
        log.add(click(name.apply(user), item, clock.applyAsLong(user * EACH + t)));
      }
    }
    return log;
  }

  private static List<Event> pages(
      int count, java.util.function.IntPredicate clicked, boolean right) {
    var random = new SplittableRandom(5);
    List<Event> log = new ArrayList<>();
    int shown = 0;
    for (int p = 0; p < count; p++) {
      String user = "u" + p % 97;
      long time = CLOCK.applyAsLong(p);
      String[] items = new String[3];
      for (int i = 0; i < items.length; i++) {
        items[i] = "i" + (i * 100 + random.nextInt(100));
      }
      log.add(page(user, "r" + p, time, items));
      for (String item : items) {
        if (clicked.test(shown++)) {
          log.add(asked(user, (right ? "r" : "q") + p, item, time + 1_000 + shown));
        }
      }
    }
    return log;
  }

  private static ListAssert<String> assertWarnings(List<Event> log) {
    return assertThat(ShapeWarnings.of(LogShape.of(log, "click")));
  }

  private static org.assertj.core.api.AbstractStringAssert<?> assertOne(List<Event> log) {
    List<String> told = ShapeWarnings.of(LogShape.of(log, "click"));
    assertThat(told).hasSize(1);
    return assertThat(told.getFirst());
  }
}
