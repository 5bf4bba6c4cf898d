// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.model.data.TimeSplit;
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

/** A shop where people click on what costs about what they like to pay. */
class NumericTest {

  private static final long SEED = 20261130;
  private static final int ITEMS = 1_500;
  private static final int USERS = 200;
  private static final int PAGES = 11;
  private static final long DAY = 86_400_000;
  private static final long START = LocalDate.of(2026, 10, 1).toEpochDay() * DAY;

  @ParameterizedTest
  @ValueSource(strings = {"dot", "attend"})
  void train_truthReadsThePrice_modelThatReadsItTooIsBetter(String scoring) throws Exception {
    List<Event> log = log();
    double without = auc(log, scoring, "off");
    double with = auc(log, scoring, "price");
    System.out.printf("%s: AUC %.4f without the price, %.4f with it%n", scoring, without, with);
    assertThat(with - without).isGreaterThan(0.02);
  }

  @Test
  void train_attributeWithoutNumbers_isRefusedBeforeTheTraining() {
    assertThatThrownBy(() -> auc(log(), "dot", "price,size"))
        .hasMessageContaining("numeric=size: no item that is learnt from has a number there");
  }

  @Test
  void with_partOutOfRange_saysTheSettingAndNoClass() {
    Recipe recipe = Recipe.preset("clicks");
    assertThatThrownBy(() -> recipe.with(Map.of("repeats", "99")))
        .hasMessageContaining("repeats.most=99 is not between 1 and 16")
        .hasMessageNotContaining("io.nextclick");
    assertThatThrownBy(() -> recipe.with(Map.of("numeric", "price,price")))
        .hasMessageContaining("is no list of different attributes");
  }

  private static double auc(List<Event> log, String scoring, String numeric) throws IOException {
    Map<String, String> changes = new TreeMap<>();
    changes.putAll(
        Map.of(
            "scoring", scoring,
            "numeric", numeric,
            "dim", "16",
            "layers", "1",
            "feedForward", "16",
            "epochs", "4",
            "patience", "5",
            "nextItem", "none",
            "nextItemWeight", "0",
            "transitions", "off"));
    changes.put("requestBlock", "off");
    changes.put("attributes", "off");
    TimeSplit split =
        new TimeSplit(LocalDate.of(2026, 10, 9), LocalDate.of(2026, 10, 13), ZoneOffset.UTC);
    return new Training(Recipe.preset("clicks").with(changes), 1, 2, null, new TrainerTest.Quiet())
        .clicks(log.iterator(), FoldSettings.DEFAULT, "click", split)
        .metrics()
        .get("validation.auc");
  }

  /** A page a day of eight items; one in ten items has no price. */
  private static List<Event> log() {
    var random = new SplittableRandom(SEED);
    List<Event> log = new ArrayList<>();
    double[] price = new double[ITEMS];
    for (int i = 0; i < ITEMS; i++) {
      price[i] = 5 + 95 * random.nextDouble();
      Map<String, List<String>> attributes =
          random.nextInt(10) == 0
              ? Map.of("price", List.of("on request"))
              : Map.of("price", List.of("%.2f".formatted(price[i])));
      log.add(
          new Event(
              "item" + i,
              Event.ITEM,
              null,
              List.of("i" + i),
              START,
              null,
              Map.of(),
              attributes,
              true));
    }
    for (int u = 0; u < USERS; u++) {
      double liked = 5 + 95 * random.nextDouble();
      for (int page = 0; page < PAGES; page++) {
        long time = START + page * DAY + random.nextLong(DAY / 2);
        for (int place = 0; place < 8; place++) {
          int item = random.nextInt(ITEMS);
          String request = "r" + u + "-" + page + "-" + place;
          log.add(event(request, "impression", u, item, time, request));
          double far = (price[item] - liked) / 15;
          if (random.nextDouble() < 0.9 * Math.exp(-far * far / 2)) {
            log.add(event(request + "c", "click", u, item, time + 1_000 + place, request));
          }
        }
      }
    }
    log.sort(Comparator.comparingLong(Event::timeMillis));
    return log;
  }

  private static Event event(
      String id, String action, int user, int item, long time, String request) {
    return new Event(
        id, action, "u" + user, List.of("i" + item), time, request, Map.of(), Map.of(), true);
  }
}
