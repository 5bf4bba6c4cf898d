// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.HeapSequenceStore;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.model.baseline.PositiveActions;
import io.nextclick.model.calibrate.LabelCounts;
import io.nextclick.model.data.TimeSplit;
import io.nextclick.model.encoder.EncoderScorer;
import io.nextclick.model.evaluate.ClickFloors;
import io.nextclick.model.evaluate.LeaveOneOut;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.model.part.ItemGraph;
import io.nextclick.model.part.Parts;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The transition graph behind an encoder: what it is fitted to, and what is published. */
class StackingTest {

  private static final long SEED = 20261130;
  private static final int ITEMS = 40;
  private static final int USERS = 200;
  private static final long DAY = 86_400_000;
  private static final long START = LocalDate.of(2026, 10, 1).toEpochDay() * DAY;

  @Test
  void nextItem_encoderThatLearntNothing_isNotBelowAnyFloor() throws Exception {
    LeaveOneOut users = users(turns());
    TrainedModel model = nextItem(users, Map.of("learningRate", "1e-9"));
    Map<String, Double> metrics = model.metrics();
    System.out.printf("seed %d: %s%n", SEED, new TreeMap<>(metrics));
    assertThat(model.notes()).hasSize(1).first().asString().startsWith("Published: ");
    assertThat(measured(users, model)).isEqualTo(metrics.get("validation.ndcg10"));
    for (String floor : List.of("encoder", "graph", "markov", "popularity")) {
      assertThat(metrics.get("validation.ndcg10"))
          .isGreaterThanOrEqualTo(metrics.get("validation.ndcg10." + floor));
    }
    assertThat(metrics.get("validation.ndcg10")).isGreaterThan(0.5);
    assertThat(metrics.get("validation.ndcg10.encoder")).isLessThan(0.3);
  }

  /**
   * The counts are of the training part: what only stands behind it has none, and leads nowhere.
   */
  @Test
  void nextItem_itemsOfTheHeldOutPartsAlone_areNotInTheGraph() throws Exception {
    List<Event> log = turns();
    for (int u = 0; u < USERS; u++) {
      log.add(click(u, "validation" + u % 7, START + 28 * DAY));
      log.add(click(u, "test" + u % 7, START + 29 * DAY));
    }
    TrainedModel model = nextItem(users(log), Map.of());
    Vocabulary items = model.vocabulary();
    EncoderWeights weights = model.weights();
    float[] popularity = weights.get("graph.popularity");
    for (int row = 1; row <= items.size(); row++) {
      boolean held = !items.id(row).startsWith("i");
      assertThat(popularity[3 * row] == 0).as(items.id(row)).isEqualTo(held);
    }
    for (String table : List.of("graph.next.items", "graph.pairs.items", "graph.far.items")) {
      for (float row : weights.get(table)) {
        assertThat(row == 0 || items.id((int) row).startsWith("i")).isTrue();
      }
    }
  }

  /** What is trained is trained as if the graph were not there. */
  @Test
  void nextItem_withTheGraph_hasTheEncodersWeights() throws Exception {
    LeaveOneOut users = users(turns());
    EncoderWeights with = nextItem(users, Map.of()).weights();
    EncoderWeights without = nextItem(users, Map.of("graph", "off")).weights();
    assertThat(with.config().parts().get(ItemGraph.class)).isEqualTo(new ItemGraph(8));
    without.tensors().forEach((name, values) -> assertThat(with.get(name)).isEqualTo(values));
  }

  /** Items that share an attribute with the last one are found without having followed it. */
  @Test
  void nextItem_itemsThatShareAttributes_areInTheGraphAndInTheFloor() throws Exception {
    List<Event> log = new ArrayList<>();
    var random = new SplittableRandom(SEED);
    int items = 1_000; // hardly one comes twice, but a user's are of one kind
    for (int i = 0; i < items; i++) {
      Map<String, List<String>> kind = Map.of("kind", List.of("k" + i % 100));
      log.add(
          new Event("d" + i, "item", null, List.of("x" + i), START, null, Map.of(), kind, true));
    }
    for (int u = 0; u < USERS; u++) {
      for (int t = 0; t < 6; t++) {
        String item = "x" + (random.nextInt(items / 100) * 100 + u % 100);
        log.add(click(u, item, START + t * DAY));
      }
    }
    LeaveOneOut users = users(log);
    Map<String, String> nothing = Map.of("learningRate", "1e-9");
    Map<String, String> alike = new HashMap<>(nothing);
    alike.put("graph.alike", "true");
    double without = nextItem(users, nothing).validation();
    TrainedModel model = nextItem(users, alike);
    System.out.printf("seed %d: %.4f, %s%n", SEED, without, new TreeMap<>(model.metrics()));
    assertThat(model.validation()).isGreaterThan(1.5 * without);
    assertThat(model.metrics().get("validation.ndcg10.graph")).isGreaterThan(1.5 * without);
    assertThat(measured(users, model)).isEqualTo(model.validation());
    assertThatThrownBy(() -> nextItem(users(turns()), alike))
        .hasMessageStartingWith("graph.alike=true: no item that is learnt from has an attribute");
  }

  /** Bundles of before have a graph of three tables, and say nothing of a fourth. */
  @Test
  void settings_ofAGraphOfBefore_haveNoItemsThatAreAlike() throws Exception {
    Map<String, JsonNode> before =
        Map.of("graph", new ObjectMapper().readTree("{\"successors\":7}"));
    assertThat(Parts.of(before).all()).containsExactly(new ItemGraph(7, false));
    Parts now = new Parts(List.of(new ItemGraph(7, true)));
    assertThat(Parts.of(now.settings())).isEqualTo(now);
  }

  @Test
  void clicks_truthFollowsTheLastItem_combinationIsBetter() throws Exception {
    Map<String, String> changes =
        new HashMap<>(
            Map.of(
                "dim",
                "16",
                "layers",
                "1",
                "feedForward",
                "16",
                "epochs",
                "1",
                "graph",
                "8",
                "nextItem",
                "none",
                "nextItemWeight",
                "0",
                "transitions",
                "off"));
    changes.put("requestBlock", "off");
    changes.put("learningRate", "1e-9");
    var split =
        new TimeSplit(LocalDate.of(2026, 10, 20), LocalDate.of(2026, 10, 29), ZoneOffset.UTC);
    TrainedModel model =
        new Training(Recipe.preset("clicks").with(changes), 1, 2, null, new TrainerTest.Quiet())
            .besideFloors()
            .clicks(pages().iterator(), FoldSettings.DEFAULT, "click", split);
    Map<String, Double> metrics = model.metrics();
    System.out.printf("seed %d: %s%n", SEED, new TreeMap<>(metrics));
    assertThat(metrics.get("validation.auc")).isEqualTo(metrics.get("validation.auc.combined"));
    assertThat(metrics.get("validation.auc")).isGreaterThan(0.7);
    assertThat(metrics.get("validation.auc.encoder")).isLessThan(0.6);
    assertThat(metrics.get("validation.auc.graph")).isGreaterThan(0.7);
    assertThat(metrics.get("validation.auc.markov")).isGreaterThan(0.7);
    assertThat(metrics.get("validation.auc.ctr")).isBetween(0.4, 0.6);
    assertThat(model.notes()).last().asString().contains("the best of the rankers that need no");
  }

  @Test
  void clickFloors_modelBesideTheBest_saysHowMuchBetterItIs() {
    var floors = new ClickFloors(Map.of("ctr", 0.6, "graph", 0.7, "markov", 0.65));
    var labels = new LabelCounts(1_000, 1_000);
    assertThat(floors.sentence(0.8, labels))
        .startsWith("Better than graph, ")
        .contains("AUC 0.8000 against 0.7000");
    assertThat(floors.sentence(0.701, labels))
        .startsWith("Not clearly better than graph")
        .contains("Rank with graph until");
    assertThat(floors.sentence(0.65, labels)).startsWith("Worse than graph");
  }

  @Test
  void nextItem_endedByTheClock_saysSo() throws Exception {
    LeaveOneOut users = users(turns());
    Recipe recipe = Recipe.preset("next-item").with(Map.of("dim", "8", "epochs", "3"));
    TrainedModel stopped =
        new Training(recipe, 1, 2, null, new TrainerTest.Quiet()).until(() -> true).nextItem(users);
    assertThat(stopped.history()).hasSize(1);
    assertThat(stopped.stopped()).contains("after epoch 1 of 3");
    assertThat(stopped.report(null)).contains("\"stopped\" : \"Ended early");
    TrainedModel whole = nextItem(users, Map.of());
    assertThat(whole.stopped()).isNull();
    assertThat(whole.report(null)).doesNotContain("stopped");
    assertThat(whole.error()).isEqualTo(error(users, whole));
    assertThat(stopped.error()).isEqualTo(error(users, stopped));
  }

  private static double error(LeaveOneOut users, TrainedModel model) {
    return users.validationNdcg(scorer(model.vocabulary(), model.weights())).error();
  }

  @Test
  void forward_rowThatIsNone_isRefusedWithItsPlace() throws Exception {
    EncoderWeights weights = nextItem(users(turns()), Map.of()).weights();
    for (float wrong : new float[] {-1, 0.5f, ITEMS + 1}) {
      float[] items = weights.get("graph.pairs.items").clone();
      items[9] = wrong;
      Map<String, float[]> tensors = new TreeMap<>(weights.tensors());
      tensors.put("graph.pairs.items", items);
      assertThatThrownBy(() -> scorer(vocabulary(), new EncoderWeights(weights.config(), tensors)))
          .hasMessage(
              "tensor graph.pairs.items holds %s at 9, which is no row of an item, 0 to %d"
                  .formatted(wrong, ITEMS));
    }
  }

  private static TrainedModel nextItem(LeaveOneOut users, Map<String, String> changes)
      throws Exception {
    Map<String, String> all = new HashMap<>(Map.of("dim", "8", "feedForward", "8", "layers", "1"));
    all.putAll(Map.of("epochs", "1", "graph", "8", "maxHistory", "20"));
    all.putAll(changes);
    Recipe recipe = Recipe.preset("next-item").with(all);
    return new Training(recipe, 1, 2, null, new TrainerTest.Quiet()).nextItem(users);
  }

  private static double measured(LeaveOneOut users, TrainedModel model) {
    return users.validationNdcg(scorer(model.vocabulary(), model.weights())).value();
  }

  private static EncoderScorer scorer(Vocabulary items, EncoderWeights weights) {
    return new EncoderScorer("test", items, weights, Kernels.best(), null);
  }

  private static Vocabulary vocabulary() {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < ITEMS; i++) {
      ids.add("i" + (char) ('A' + i));
    }
    return new Vocabulary(ids);
  }

  private static LeaveOneOut users(List<Event> log) throws Exception {
    List<SourceRecord> records = new ArrayList<>();
    for (Event event : log) {
      records.add(new SourceRecord(records.size(), SourceRecord.UNKNOWN_TIME, event, new byte[0]));
    }
    try (var store = new HeapSequenceStore(FoldSettings.DEFAULT)) {
      store.apply(new SourceBatch(new SourcePartition("log", 0), "", -1, records.size(), records));
      return LeaveOneOut.of(store, PositiveActions.of(FoldSettings.DEFAULT));
    }
  }

  /** Mostly the item after the last one. */
  private static List<Event> turns() {
    var random = new SplittableRandom(SEED);
    List<Event> log = new ArrayList<>();
    for (int u = 0; u < USERS; u++) {
      int item = random.nextInt(ITEMS);
      for (int t = 0; t < 10; t++) {
        log.add(click(u, id(item), START + t * DAY + random.nextLong(DAY)));
        item = random.nextInt(5) == 0 ? random.nextInt(ITEMS) : (item + 1) % ITEMS;
      }
    }
    return log;
  }

  /** Pages of four items at random; the one after the last one clicked is clicked. */
  private static List<Event> pages() {
    var random = new SplittableRandom(SEED);
    List<Event> log = new ArrayList<>();
    for (int u = 0; u < USERS; u++) {
      int last = random.nextInt(ITEMS);
      long time = START + random.nextLong(DAY);
      for (int page = 0; page < 25; page++, time += DAY) {
        int[] items = random.ints(4, 0, ITEMS).distinct().toArray();
        items[0] = (last + 1) % ITEMS;
        List<String> ids = Arrays.stream(items).distinct().mapToObj(StackingTest::id).toList();
        String request = u + "-" + page;
        log.add(
            new Event(
                request, "impression", "u" + u, ids, time, request, Map.of(), Map.of(), true));
        for (String id : ids) {
          if (random.nextInt(10) < (id.equals(id(last + 1)) ? 8 : 1)) {
            log.add(
                new Event(
                    request + id,
                    "click",
                    "u" + u,
                    List.of(id),
                    time + 1_000,
                    request,
                    Map.of(),
                    Map.of(),
                    true));
            last = id.charAt(1) - 'A';
          }
        }
      }
    }
    log.sort(java.util.Comparator.comparingLong(Event::timeMillis));
    return log;
  }

  private static String id(int item) {
    return "i" + (char) ('A' + item % ITEMS);
  }

  private static Event click(int user, String item, long time) {
    return Event.behaviour(user + item + time, "click", "u" + user, item, time);
  }
}
