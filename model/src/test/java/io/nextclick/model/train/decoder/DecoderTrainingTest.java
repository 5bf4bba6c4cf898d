// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.model.data.TimeSplit;
import io.nextclick.model.train.Epoch;
import io.nextclick.model.train.Recipe;
import io.nextclick.model.train.TrainedModel;
import io.nextclick.model.train.Training;
import io.nextclick.model.train.TrainingListener;
import java.io.IOException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A shop in which nobody clicks twice on the same kind of thing on a page. */
class DecoderTrainingTest {

  private static final long SEED = 20261203;
  private static final int ITEMS = 40;
  private static final int KINDS = 4;
  private static final int USERS = 150;
  private static final int PAGES = 11;
  private static final int PLACES = 6;
  private static final long DAY = 86_400_000;
  private static final long START = LocalDate.of(2026, 10, 1).toEpochDay() * DAY;
  private static final TimeSplit SPLIT =
      new TimeSplit(LocalDate.of(2026, 10, 9), LocalDate.of(2026, 10, 13), ZoneOffset.UTC);
  private static final DecoderSettings SETTINGS =
      new DecoderSettings(1, 4, 12, 3, 0.01, 0, 0.99, 0.001);

  @ParameterizedTest
  @ValueSource(strings = {"dot", "attend"})
  void train_clicksDependOnWhatStandsBefore_decoderKnowsIt(String scoring) throws Exception {
    List<Event> log = log(PLACES);
    Recipe recipe = recipe(scoring);
    TrainedModel model = model(log, recipe);
    TrainedDecoder decoder = decoder(log, recipe, model);
    double pointwise = decoder.metrics().get("validation.decoder.pointwise.auc");
    double placed = decoder.metrics().get("validation.decoder.auc");
    assertThat(placed - pointwise).isGreaterThan(0.05);
    assertThat(decoder.better()).isTrue();
    assertThat(decoder.epochs().get(decoder.best() - 1).validation())
        .isLessThanOrEqualTo(decoder.epochs().getFirst().validation());
    TrainedDecoder again = decoder(log, recipe, model);
    assertThat(again.weights().tensors().get("head.weight"))
        .isEqualTo(decoder.weights().tensors().get("head.weight"));
  }

  @Test
  void train_oneItemARequest_isRefused() throws Exception {
    List<Event> log = log(1);
    Recipe recipe = recipe("dot");
    TrainedModel model = model(log, recipe);
    assertThatThrownBy(() -> decoder(log, recipe, model))
        .hasMessageContaining("no page of two items or more");
  }

  private static Recipe recipe(String scoring) {
    return Recipe.preset("clicks")
        .with(Map.of("nextItem", "none", "nextItemWeight", "0", "requestBlock", "off"))
        .with(Map.of("transitions", "off", "crosses", "off", "epochs", "2"))
        .with(Map.of("scoring", scoring, "dim", "16", "layers", "1", "feedForward", "16"));
  }

  private static TrainedModel model(List<Event> log, Recipe recipe) throws IOException {
    return new Training(recipe, 1, 2, null, new Quiet())
        .clicks(log.iterator(), FoldSettings.DEFAULT, "click", SPLIT);
  }

  private static TrainedDecoder decoder(List<Event> log, Recipe recipe, TrainedModel model) {
    return new DecoderTraining(SETTINGS, 1, 2, epoch -> {})
        .train(
            log.iterator(),
            FoldSettings.DEFAULT,
            "click",
            SPLIT,
            recipe,
            model.vocabulary(),
            model.weights());
  }

  /** A page a day. */
  private static List<Event> log(int places) {
    var random = new SplittableRandom(SEED);
    List<Event> log = new ArrayList<>();
    for (int u = 0; u < USERS; u++) {
      for (int page = 0; page < PAGES; page++) {
        long time = START + 1_000 + page * DAY + random.nextLong(DAY / 2);
        String request = "r" + u + "-" + page;
        List<String> items = new ArrayList<>();
        Set<Integer> before = new HashSet<>();
        while (items.size() < places) {
          int item = random.nextInt(ITEMS);
          if (items.contains("i" + item)) {
            continue;
          }
          items.add("i" + item);
          if (random.nextDouble() < (before.add(item % KINDS) ? 0.6 : 0.1)) {
            String id = request + "c" + items.size();
            long at = time + 1_000 + items.size();
            log.add(event(id, "click", u, List.of("i" + item), at, request));
          }
        }
        log.add(event(request, "impression", u, items, time, request));
      }
    }
    for (int item = 0; item < ITEMS; item++) {
      Map<String, List<String>> kind = Map.of("kind", List.of("k" + item % KINDS));
      List<String> id = List.of("i" + item);
      log.add(new Event("d" + item, Event.ITEM, null, id, START, null, Map.of(), kind, true));
    }
    log.sort(Comparator.comparingLong(Event::timeMillis));
    return log;
  }

  private static Event event(
      String id, String action, int user, List<String> items, long time, String request) {
    return new Event(id, action, "u" + user, items, time, request, Map.of(), Map.of(), true);
  }

  private static final class Quiet implements TrainingListener {
    @Override
    public void start(Plan plan) {}

    @Override
    public void batch(Position position) {}

    @Override
    public void epoch(Epoch epoch, boolean best) {}
  }
}
