// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nextclick.features.event.CandidateFields;
import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.model.data.TimeSplit;
import io.nextclick.model.part.Fields;
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

/** A shop whose retrieval stage knows much, and where prices in the middle are liked. */
class FieldsTest {

  private static final long SEED = 20261201;
  private static final int ITEMS = 1_500;
  private static final int USERS = 150;
  private static final int PAGES = 11;
  private static final long DAY = 86_400_000;
  private static final long START = LocalDate.of(2026, 10, 1).toEpochDay() * DAY;

  @ParameterizedTest
  @ValueSource(strings = {"dot", "attend"})
  void train_truthReadsTheNumbers_modelThatDoesTooIsBetter(String scoring) throws Exception {
    List<Event> log = log();
    double without = trained(log, scoring, "off").metrics().get("validation.auc");
    TrainedModel with = trained(log, scoring, "on");
    double auc = with.metrics().get("validation.auc");
    System.out.printf("%s: AUC %.4f without fields, %.4f with them%n", scoring, without, auc);
    assertThat(auc - without).isGreaterThan(0.1);
    assertThat(with.weights().config().parts().get(Fields.class).names())
        .containsExactly("price", "retrieval");
  }

  @Test
  void with_whatNothingHas_isRefused() {
    assertThatThrownBy(() -> trained(log(), "dot", "retrieval,margin"))
        .hasMessageContaining("fields=margin: no impression of the training part has a number");
    assertThatThrownBy(() -> Recipe.preset("clicks").with(Map.of("fields", "price,price")))
        .hasMessageContaining("is no list of different fields");
  }

  @Test
  void train_logWithoutNumbers_hasNoSuchPart() throws Exception {
    List<Event> plain =
        log().stream()
            .map(e ->
                new Event(
                    e.id(),
                    e.action(),
                    e.user(),
                    e.items(),
                    e.timeMillis(),
                    e.request(),
                    e.context(),
                    e.attributes(),
                    e.available()))
            .toList();
    TrainedModel on = trained(plain, "dot", "on");
    assertThat(on.weights().config().parts().get(Fields.class)).isNull();
    assertThat(on.weights().get("item.embedding"))
        .isEqualTo(trained(plain, "dot", "off").weights().get("item.embedding"));
  }

  private static TrainedModel trained(List<Event> log, String scoring, String fields)
      throws IOException {
    Map<String, String> changes =
        new TreeMap<>(
            Map.of(
                "scoring", scoring,
                "fields", fields,
                "dim", "16",
                "layers", "1",
                "feedForward", "16",
                "epochs", "3",
                "patience", "5",
                "nextItem", "none",
                "nextItemWeight", "0",
                "transitions", "off"));
    changes.put("requestBlock", "off");
    changes.put("crosses", "off");
    TimeSplit split =
        new TimeSplit(LocalDate.of(2026, 10, 9), LocalDate.of(2026, 10, 13), ZoneOffset.UTC);
    return new Training(Recipe.preset("clicks").with(changes), 1, 2, null, new TrainerTest.Quiet())
        .clicks(log.iterator(), FoldSettings.DEFAULT, "click", split);
  }

  /** A page a day of eight items; a quarter of them was not found by the retrieval stage. */
  private static List<Event> log() {
    var random = new SplittableRandom(SEED);
    List<Event> log = new ArrayList<>();
    for (int u = 0; u < USERS; u++) {
      for (int page = 0; page < PAGES; page++) {
        long time = START + 1_000 + page * DAY + random.nextLong(DAY / 2);
        String request = "r" + u + "-" + page;
        List<String> items = new ArrayList<>();
        float[] retrieval = new float[8];
        float[] price = new float[8];
        for (int place = 0; place < 8; place++) {
          items.add("i" + random.nextInt(ITEMS));
          retrieval[place] = random.nextInt(4) == 0 ? Float.NaN : random.nextFloat();
          price[place] = 100 * random.nextFloat();
          boolean middle = price[place] > 40 && price[place] < 60;
          double known = Float.isNaN(retrieval[place]) ? 0.6 : retrieval[place];
          if (random.nextDouble() < 0.5 * known + (middle ? 0.4 : 0)) {
            String id = request + "c" + place;
            long at = time + 1_000 + place;
            log.add(event(id, "click", u, List.of(items.get(place)), at, request, Map.of()));
          }
        }
        Map<String, float[]> numbers = Map.of("retrieval", retrieval, "price", price);
        log.add(event(request, "impression", u, items, time, request, numbers));
      }
    }
    log.sort(Comparator.comparingLong(Event::timeMillis));
    return log;
  }

  private static Event event(
      String id,
      String action,
      int user,
      List<String> items,
      long time,
      String request,
      Map<String, float[]> numbers) {
    return new Event(
        id,
        action,
        "u" + user,
        items,
        time,
        request,
        Map.of(),
        Map.of(),
        true,
        CandidateFields.of(numbers));
  }
}
