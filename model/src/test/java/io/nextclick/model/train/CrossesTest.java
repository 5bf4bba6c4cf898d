// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.model.data.TimeSplit;
import io.nextclick.model.part.Crosses;
import java.io.IOException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A shop where people click on colours that they declare, and rarely on one item again. */
class CrossesTest {

  private static final long SEED = 20261130;
  private static final int ITEMS = 1_500;
  private static final int USERS = 150;
  private static final int PAGES = 11;
  private static final int COLOURS = 12;
  private static final long DAY = 86_400_000;
  private static final long START = LocalDate.of(2026, 10, 1).toEpochDay() * DAY;

  @ParameterizedTest
  @ValueSource(strings = {"dot", "attend"})
  void train_truthCrossesUserAndItem_modelThatDoesTooIsBetter(String scoring) throws Exception {
    List<Event> log = log();
    double without = trained(log, scoring, "off").metrics().get("validation.auc");
    TrainedModel with = trained(log, scoring, "on");
    double auc = with.metrics().get("validation.auc");
    System.out.printf("%s: AUC %.4f without crosses, %.4f with them%n", scoring, without, auc);
    assertThat(auc - without).isGreaterThan(0.02);
    assertThat(with.weights().config().parts().get(Crosses.class).names())
        .containsExactly("colour");
  }

  @Test
  void with_settingOutOfRange_isRefused() {
    Recipe recipe = Recipe.preset("clicks");
    assertThatThrownBy(() -> recipe.with(Map.of("crosses.limit", "1")))
        .hasMessageContaining("crosses.limit=1 is not between 2 and 64");
    assertThatThrownBy(() -> recipe.with(Map.of("crosses", "colour,colour")))
        .hasMessageContaining("is no list of different attributes");
    assertThatThrownBy(() -> trained(log(), "dot", "colour,brand"))
        .hasMessageContaining("crosses=brand: no item that is learnt from has this attribute");
  }

  private static TrainedModel trained(List<Event> log, String scoring, String crosses)
      throws IOException {
    Map<String, String> changes =
        new TreeMap<>(
            Map.of(
                "scoring", scoring,
                "crosses", crosses,
                "dim", "16",
                "layers", "1",
                "feedForward", "16",
                "epochs", "3",
                "patience", "5",
                "nextItem", "none",
                "nextItemWeight", "0",
                "transitions", "off"));
    changes.put("requestBlock", "off");
    TimeSplit split =
        new TimeSplit(LocalDate.of(2026, 10, 9), LocalDate.of(2026, 10, 13), ZoneOffset.UTC);
    return new Training(Recipe.preset("clicks").with(changes), 1, 2, null, new TrainerTest.Quiet())
        .clicks(log.iterator(), FoldSettings.DEFAULT, "click", split);
  }

  /** A page a day of eight items. */
  private static List<Event> log() {
    var random = new SplittableRandom(SEED);
    List<Event> log = new ArrayList<>();
    for (int i = 0; i < ITEMS; i++) {
      Map<String, List<String>> attributes =
          Map.of("colour", List.of("c" + i % COLOURS), "title", List.of("title " + i));
      log.add(event("item" + i, Event.ITEM, null, i, START, null, attributes));
    }
    for (int u = 0; u < USERS; u++) {
      int first = random.nextInt(COLOURS);
      int second = random.nextInt(COLOURS);
      Map<String, List<String>> attributes = Map.of("likes", List.of("c" + first, "c" + second));
      log.add(
          new Event(
              "user" + u, Event.USER, "u" + u, List.of(), START, null, Map.of(), attributes, true));
      for (int page = 0; page < PAGES; page++) {
        long time = START + 1_000 + page * DAY + random.nextLong(DAY / 2);
        for (int place = 0; place < 8; place++) {
          int item = random.nextInt(ITEMS);
          String request = "r" + u + "-" + page + "-" + place;
          log.add(event(request, "impression", "u" + u, item, time, request, Map.of()));
          boolean liked = item % COLOURS == first || item % COLOURS == second;
          if (random.nextDouble() < (liked ? 0.7 : 0.1)) {
            log.add(
                event(
                    request + "c",
                    "click",
                    "u" + u,
                    item,
                    time + 1_000 + place,
                    request,
                    Map.of()));
          }
        }
      }
    }
    log.sort(Comparator.comparingLong(Event::timeMillis));
    return log;
  }

  private static Event event(
      String id,
      String action,
      String user,
      int item,
      long time,
      String request,
      Map<String, List<String>> attributes) {
    return new Event(
        id, action, user, List.of("i" + item), time, request, Map.of(), attributes, true);
  }
}
