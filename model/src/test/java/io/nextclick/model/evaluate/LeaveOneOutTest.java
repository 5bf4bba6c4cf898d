// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nextclick.features.encode.Buckets;
import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.HeapSequenceStore;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.model.Scorer;
import io.nextclick.model.baseline.PopularityScorer;
import io.nextclick.model.baseline.PositiveActions;
import io.nextclick.model.evaluate.LeaveOneOut.Split;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class LeaveOneOutTest {

  private static final Offset<Double> CLOSE = within(1e-12);
  private static final PositiveActions POSITIVE = PositiveActions.of(FoldSettings.DEFAULT);

  private final List<SourceRecord> records = new ArrayList<>();

  @Test
  void evaluate_popularityOnThreeUsers_givesTheRanksWorkedOutByHand() {
    clicks("u1", "a", "b", "c", "d");
    clicks("u2", "a", "b", "d", "c");
    clicks("u3", "a", "c", "b");
    clicks("u4", "d", "d2");
    LeaveOneOut split = LeaveOneOut.of(store(), POSITIVE);
    assertThat(split.data())
        .containsEntry("users", 4L)
        .containsEntry("evaluated", 3L)
        .containsEntry("items", 5L)
        .containsEntry("events", 13L);
    // Train parts: a b | a b | a | d d2, so a 3, b 2, d 1, d2 1, c 0.
    Scorer popularity = PopularityScorer.fit(split.train());
    // u1: d of {d, d2}, tied: 2. u2: c of {c, d2}: 2. u3: b of {b, d, d2}: 1.
    var test = split.evaluate(popularity, Split.TEST, Bootstrap.DEFAULT, done -> {});
    assertThat(metric(test, "HR@1")).isEqualTo(1 / 3.0, CLOSE);
    assertThat(metric(test, "HR@5")).isEqualTo(1, CLOSE);
    assertThat(metric(test, "NDCG@10")).isEqualTo((2 / log2(3) + 1) / 3, CLOSE);
    assertThat(metric(test, "MRR")).isEqualTo((0.5 + 0.5 + 1) / 3, CLOSE);
    assertThat(metric(test, "coverage@50")).isEqualTo(4 / 5.0, CLOSE); // b, c, d, d2
    // Validation, before the test item: u1: c of {c, d, d2}: 3. u2: d of the same, tied: 2.
    // u3: c of {b, c, d, d2}: 4.
    var validation = split.evaluate(popularity, Split.VALIDATION, Bootstrap.DEFAULT, done -> {});
    assertThat(metric(validation, "MRR")).isEqualTo((1 / 3.0 + 0.5 + 0.25) / 3, CLOSE);
  }

  @Test
  void evaluate_testSplit_givesTheScorerTheValidationItemAndNothingLater() {
    add("u", "impression", "x", 1);
    add("u", "click", "b", 20);
    add("u", "click", "a", 10); // arrives late, belongs first
    add("u", "click", "c", 30);
    add("u", "purchase", "b", 31); // no new item
    add("u", "click", "d", 40);
    var seen = new Recorder(LeaveOneOut.of(store(), POSITIVE).items());
    LeaveOneOut split = LeaveOneOut.of(store(), POSITIVE);
    split.evaluate(seen, Split.TEST, Bootstrap.DEFAULT, done -> {});
    split.evaluate(seen, Split.VALIDATION, Bootstrap.DEFAULT, done -> {});
    assertThat(seen.histories).containsOnlyKeys("[a, b, c]", "[a, b]");
    List<String> train = new ArrayList<>();
    split.train().forEach(rows -> train.add(Arrays.toString(rows)));
    assertThat(train).containsExactly("[1, 2]");
    split
        .train()
        .forEachTimed((rows, times, actions) -> {
          assertThat(rows).containsExactly(1, 2);
          assertThat(times).containsExactly(10, 20);
        });
  }

  /** As serving does: what the model has no row for, it may know by its attributes. */
  @Test
  void evaluate_itemsThatTheModelDoesNotKnow_haveTheirAttributes() {
    Map<String, List<String>> blue = Map.of("colour", List.of("blue"));
    for (String item : List.of("a", "c")) {
      Event described =
          new Event("d" + item, "item", "", List.of(item), 1, null, Map.of(), blue, true);
      records.add(
          new SourceRecord(records.size(), SourceRecord.UNKNOWN_TIME, described, new byte[0]));
    }
    clicks("u1", "a", "b", "c", "d");
    LeaveOneOut split = LeaveOneOut.of(store(), POSITIVE);
    int[] bucket = Buckets.ofAttributes(blue, 16);
    for (int buckets : new int[] {16, 0}) {
      AtomicInteger requests = new AtomicInteger();
      split.evaluate(
          new Recorder(new Vocabulary(List.of("b", "c"))) {
            @Override
            public int attributeBuckets() {
              return buckets;
            }

            @Override
            public float[] score(EncodedRequest request) {
              int[] none = {};
              assertThat(request.historyItems()).containsExactly(0, 1, 2); // a b c
              assertThat(request.unknown().ofHistory(0)).isEqualTo(buckets == 0 ? none : bucket);
              assertThat(request.unknown().ofHistory(2)).isEmpty(); // it has a row
              assertThat(request.candidates()).containsExactly(0, 1, 2, 0); // a b c d
              assertThat(request.unknown().ofCandidate(0)).isEqualTo(buckets == 0 ? none : bucket);
              assertThat(request.unknown().ofCandidate(3)).isEmpty(); // nothing is told of it
              requests.incrementAndGet();
              return new float[4];
            }
          },
          Split.TEST,
          Bootstrap.DEFAULT,
          done -> {});
      assertThat(requests).hasValue(1);
    }
  }

  @Test
  void evaluate_scoresThatAreNoNumbers_countAgainstTheTarget() {
    clicks("u1", "a", "b", "c", "d");
    clicks("u2", "e", "f", "g");
    LeaveOneOut split = LeaveOneOut.of(store(), POSITIVE);
    var broken =
        new Recorder(split.items()) {
          @Override
          public float[] score(EncodedRequest request) {
            float[] scores = new float[request.candidates().length];
            Arrays.fill(scores, Float.NaN);
            return scores;
          }
        };
    var result = split.evaluate(broken, Split.TEST, Bootstrap.DEFAULT, done -> {});
    assertThat(metric(result, "HR@1")).isZero();
  }

  @Test
  void evaluate_nobodyWithThreeItems_isRefused() {
    clicks("u1", "a", "b");
    LeaveOneOut split = LeaveOneOut.of(store(), POSITIVE);
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            split.evaluate(
                PopularityScorer.fit(split.train()), Split.TEST, Bootstrap.DEFAULT, d -> {}))
        .withMessageContaining("no user has 3 items");
  }

  @Test
  void report_json_hasTheNamesThatOthersRead() throws Exception {
    clicks("u1", "a", "b", "c", "d");
    LeaveOneOut split = LeaveOneOut.of(store(), POSITIVE);
    var ranker =
        split.evaluate(
            PopularityScorer.fit(split.train()), Split.TEST, Bootstrap.DEFAULT, done -> {});
    var report =
        new EvaluationReport(
            LeaveOneOut.NAME,
            "test",
            42,
            split.data(),
            List.of(),
            Set.of(),
            List.of(ranker),
            List.of(),
            List.of(),
            List.of());
    JsonNode json = new ObjectMapper().readTree(report.toJson());
    assertThat(json.at("/protocol").asText()).isEqualTo("leave-one-out");
    assertThat(json.at("/rankers/0/name").asText()).isEqualTo("popularity");
    assertThat(json.at("/rankers/0/metrics/HR@10").asDouble()).isEqualTo(1);
    assertThat(json.at("/rankers/0/intervals/NDCG@10")).hasSize(2);
    assertThat(json.at("/data/evaluated").asInt()).isEqualTo(1);
    assertThat(report.toTable())
        .contains("popularity")
        .containsPattern("HR@10 +1\\.0000 \\(1\\.0000-1\\.0000\\)");
  }

  private static double log2(double x) {
    return Math.log(x) / Math.log(2);
  }

  private static double metric(EvaluationReport.Ranker ranker, String name) {
    return new TreeMap<>(ranker.metrics()).getOrDefault(name, Double.NaN);
  }

  private void clicks(String user, String... items) {
    for (String item : items) {
      add(user, "click", item, records.size());
    }
  }

  private void add(String user, String action, String item, long time) {
    long offset = records.size();
    Event event = Event.behaviour("e" + offset, action, user, item, time);
    records.add(new SourceRecord(offset, SourceRecord.UNKNOWN_TIME, event, new byte[0]));
  }

  private HeapSequenceStore store() {
    var store = new HeapSequenceStore(FoldSettings.DEFAULT);
    store.apply(new SourceBatch(new SourcePartition("log", 0), "", -1, records.size(), records));
    return store;
  }

  /** Scores everything 0 and remembers the histories. */
  private static class Recorder implements Scorer {

    private final Map<String, Boolean> histories = new ConcurrentHashMap<>();
    private final Vocabulary items;

    Recorder(Vocabulary items) {
      this.items = items;
    }

    @Override
    public String name() {
      return "recorder";
    }

    @Override
    public Vocabulary vocabulary() {
      return items;
    }

    @Override
    public int maxHistory() {
      return 100;
    }

    @Override
    public float[] score(EncodedRequest request) {
      List<String> history = Arrays.stream(request.historyItems()).mapToObj(items::id).toList();
      histories.put(history.toString(), true);
      return new float[request.candidates().length];
    }

    @Override
    public double probability(float score, EncodedRequest request) {
      return 0;
    }

    @Override
    public boolean calibrated() {
      return false;
    }
  }
}
