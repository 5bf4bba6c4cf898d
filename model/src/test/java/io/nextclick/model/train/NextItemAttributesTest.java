// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.features.encode.Buckets;
import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.EncodedRequest.UnknownItems;
import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.HeapSequenceStore;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.model.baseline.PositiveActions;
import io.nextclick.model.encoder.EncoderScorer;
import io.nextclick.model.evaluate.LeaveOneOut;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.part.EncoderWeights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What the log says of items, in training for the next one. */
class NextItemAttributesTest {

  private static final long SEED = 20261201;
  private static final int ITEMS = 400;
  private static final int USERS = 250;
  private static final int KINDS = 8;

  /** Hardly an item comes twice, but all of a user's are of one kind. */
  @Test
  void nextItem_rareItemsOfKinds_areKnownByTheirKind() throws Exception {
    LeaveOneOut users = users(true);
    double without = nextItem(users, Map.of()).validation();
    TrainedModel model = nextItem(users, Map.of("attributes", "64"));
    System.out.printf("seed %d: without %.4f, with %.4f%n", SEED, without, model.validation());
    assertThat(model.validation()).isGreaterThan(1.5 * without);
    // An item that came later is known by its kind too, in the history and as a candidate.
    var scorer =
        new EncoderScorer("test", model.vocabulary(), model.weights(), Kernels.best(), null);
    int[][] kinds = new int[KINDS][];
    Arrays.setAll(kinds, kind -> Buckets.ofAttributes(attributes(kind), 64));
    for (int kind = 0; kind < KINDS; kind++) {
      float[] scores =
          scorer.score(
              new EncodedRequest(
                  new int[3],
                  new byte[] {1, 1, 1},
                  new long[3],
                  new int[KINDS],
                  Collections.nCopies(KINDS, "new"),
                  Map.of(),
                  Map.of(),
                  0,
                  new UnknownItems(new int[][] {kinds[kind], kinds[kind], kinds[kind]}, kinds),
                  new float[0][],
                  null));
      float own = scores[kind];
      assertThat(scores)
          .as("kind %d", kind)
          .satisfies(all -> {
            for (float score : all) {
              assertThat(own).isGreaterThanOrEqualTo(score);
            }
          });
    }
  }

  /** What nobody reads changes no weight. */
  @Test
  void nextItem_presets_doNotReadWhatTheLogSaysOfItems() throws Exception {
    EncoderWeights told = nextItem(users(true), Map.of()).weights();
    EncoderWeights untold = nextItem(users(false), Map.of()).weights();
    untold.tensors().forEach((name, values) -> assertThat(told.get(name)).isEqualTo(values));
    assertThat(told.tensors()).hasSameSizeAs(untold.tensors());
  }

  private static TrainedModel nextItem(LeaveOneOut users, Map<String, String> changes)
      throws Exception {
    Map<String, String> all = new HashMap<>(Map.of("dim", "16", "feedForward", "16"));
    all.putAll(Map.of("layers", "1", "epochs", "12", "batch", "16", "learningRate", "0.01"));
    all.putAll(Map.of("maxHistory", "20"));
    all.putAll(changes);
    Recipe recipe = Recipe.preset("next-item").with(all);
    return new Training(recipe, 1, 2, null, new TrainerTest.Quiet()).nextItem(users);
  }

  private static LeaveOneOut users(boolean told) throws Exception {
    List<Event> log = new ArrayList<>();
    for (int i = 0; i < ITEMS && told; i++) {
      Map<String, List<String>> of = attributes(i % KINDS);
      log.add(new Event("d" + i, "item", "", List.of("i" + i), 1, null, Map.of(), of, true));
    }
    var random = new SplittableRandom(SEED);
    for (int u = 0; u < USERS; u++) {
      for (int t = 0; t < 6; t++) {
        String item = "i" + (random.nextInt(ITEMS / KINDS) * KINDS + u % KINDS);
        log.add(Event.behaviour("e" + log.size(), "click", "u" + u, item, 1_000L * (t + 1)));
      }
    }
    List<SourceRecord> records = new ArrayList<>();
    for (Event event : log) {
      records.add(new SourceRecord(records.size(), SourceRecord.UNKNOWN_TIME, event, new byte[0]));
    }
    try (var store = new HeapSequenceStore(FoldSettings.DEFAULT)) {
      store.apply(new SourceBatch(new SourcePartition("log", 0), "", -1, records.size(), records));
      return LeaveOneOut.of(store, PositiveActions.of(FoldSettings.DEFAULT));
    }
  }

  private static Map<String, List<String>> attributes(int kind) {
    return Map.of("kind", List.of("k" + kind));
  }
}
