// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.RequestColumns;
import io.nextclick.features.event.CandidateFields;
import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.Capacity;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.HeapSequenceStore;
import io.nextclick.features.sequence.PartitionState;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.features.sequence.UserSequence;
import io.nextclick.model.data.Impression;
import io.nextclick.model.data.TimeSplit;
import io.nextclick.model.data.TimeSplit.Part;
import io.nextclick.model.encoder.EncoderScorer;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.model.weights.PackedBatch;
import io.nextclick.model.weights.PackedBatch.Shown;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a model is taught of a history and a request is what it is asked with. */
class ColumnsTest {

  private static final long SEED = 20261130;
  private static final int USERS = 30;
  private static final int EVENTS = 120;
  private static final long START = LocalDate.of(2026, 10, 1).toEpochDay() * 86_400_000L;
  private static final TimeSplit SPLIT =
      new TimeSplit(LocalDate.of(2026, 11, 20), LocalDate.of(2026, 11, 25), ZoneOffset.UTC);

  /** A place of an impression in a packed batch. */
  private record Place(PackedBatch batch, int candidate) {}

  @ParameterizedTest
  @CsvSource({
    "512, true, 256, 256",
    "512, false, 256, 256",
    "16, true, 256, 256",
    "16, false, 256, 256",
    "512, true, 40, 0",
    "512, false, 40, 0",
    "512, true, 20, 9",
    "512, false, 20, 9",
    "512, true, 3, 70",
    "16, true, 20, 9",
    "16, true, 6, 12"
  })
  void impressions_ofRandomLogs_haveTheColumnsOfWhatTheStoreKeptThen(
      int maxHistory, boolean impressions, int actions, int shows) throws Exception {
    FoldSettings fold = FoldSettings.DEFAULT.withCapacity(new Capacity(actions, shows));
    List<Event> log = log(new SplittableRandom(SEED));
    Recipe recipe =
        Recipe.preset("clicks")
            .with(
                Map.of(
                    "maxHistory", "" + maxHistory,
                    "impressions", "" + impressions,
                    "historyWeight", "0"));
    TrainingData data =
        new ImpressionExamples(recipe, fold, false).read(log.iterator(), "click", SPLIT).train();
    EncoderConfig config = recipe.config(data.vocabulary().size(), 10, data.items());
    EncoderScorer scorer =
        new EncoderScorer(
            "asked",
            data.vocabulary(),
            EncoderWeights.random(config, SEED),
            Kernels.scalar(),
            null);
    Map<Integer, Place> places = places(data, config);

    int compared = 0;
    HeapSequenceStore store = new HeapSequenceStore(fold);
    Deque<Event> waiting = new ArrayDeque<>(); // what has the time of an impression is not before
    for (Event event : log) {
      while (!waiting.isEmpty() && waiting.peek().timeMillis() < event.timeMillis()) {
        fold(store, waiting.remove());
      }
      waiting.add(event);
      UserSequence kept = store.get(event.key()).sequence();
      var shown = new Impression(kept, event, new boolean[event.items().size()]);
      if (event.action().equals("impression") && SPLIT.part(shown) == Part.TRAIN) {
        for (EncodedRequest request : shown.requests(scorer, kept, store.items())) {
          requireSame(request, places.get(request.candidates()[0]), config);
          compared++;
        }
      }
    }
    assertThat(compared).as("seed %d", SEED).isGreaterThan(USERS * EVENTS / 8);
  }

  private static void fold(HeapSequenceStore store, Event event) {
    SourcePartition partition = new SourcePartition("log", 0);
    PartitionState state = store.partitions().get(partition);
    long offset = state == null ? 0 : state.nextOffset();
    SourceRecord record = new SourceRecord(offset, SourceRecord.UNKNOWN_TIME, event, new byte[0]);
    store.apply(new SourceBatch(partition, "", -1, offset + 1, List.of(record)));
  }

  private static void requireSame(EncodedRequest request, Place place, EncoderConfig config) {
    assertThat(place).isNotNull();
    PackedBatch batch = place.batch;
    Shown shown = batch.shown();
    int c = place.candidate;
    int start = batch.start()[shown.sequence()[c]];
    int length = request.historyItems().length;
    RequestColumns columns = RequestColumns.of(request);
    assertThat(shown.context()[c])
        .isEqualTo(
            RequestColumns.context(
                request.userAttributes(), request.context(), config.reads().contextBuckets()));
    assertThat(shown.repeats()[c]).isEqualTo(columns.repeats(request.candidates()[0]));
    assertThat(shown.fields()[c]).isEqualTo(request.fields()[0]);
    assertThat(shown.hours()[c])
        .isEqualTo(RequestColumns.hour(request.timeMillis(), request.context()));
    if (length == 0) {
      assertThat(shown.newest()[c]).isEqualTo(-1);
      assertThat(shown.previous()[c]).isEqualTo(-1);
      return;
    }
    // A window that many impressions share may begin a little later than a request's history.
    int visible = batch.items()[start] == PackedBatch.START ? 0 : shown.visibleLength()[c];
    int common = Math.min(length, visible);
    assertThat(common).isGreaterThan(length / 3);
    int[] ago = columns.visitsAgo();
    for (int back = 1; back <= common; back++) {
      int t = start + visible - back;
      int u = length - back;
      assertThat(batch.items()[t]).isEqualTo(request.historyItems()[u]);
      assertThat(batch.actions()[t]).isEqualTo(request.historyActions()[u]);
      assertThat(shown.visit()[c] - batch.visits()[t]).isEqualTo(ago[u]);
      if (back < common) {
        assertThat(batch.gaps()[t]).isEqualTo(RequestColumns.gap(request.historyTimes(), u));
      }
    }
    assertThat(shown.newest()[c]).isEqualTo(place(columns.newest(), length, visible, common));
    assertThat(shown.previous()[c]).isEqualTo(place(columns.previous(), length, visible, common));
  }

  /** Of an entry of a request in the window; -1 for one that the window does not have. */
  private static int place(int entry, int length, int visible, int common) {
    return entry >= 0 && length - entry <= common ? visible - (length - entry) : -1;
  }

  /** Every item is shown once, so it tells its impression. */
  private static Map<Integer, Place> places(TrainingData data, EncoderConfig config) {
    Map<Integer, Place> places = new HashMap<>();
    for (Example example : data.examples()) {
      PackedBatch batch = Example.pack(List.of(example), config, 0, new SplittableRandom(SEED));
      for (int c = 0; c < batch.shown().count(); c++) {
        places.put(batch.shown().items()[c], new Place(batch, c));
      }
    }
    return places;
  }

  private static float[] numbers(SplittableRandom random, List<String> items) {
    float[] numbers = new float[items.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = random.nextInt(5) == 0 ? Float.NaN : random.nextFloat();
    }
    return numbers;
  }

  /** Users who click here and there, also on what they will be shown later, with all pauses. */
  private static List<Event> log(SplittableRandom random) {
    List<Event> log = new ArrayList<>();
    for (int u = 0; u < USERS; u++) {
      long time = START + random.nextLong(86_400_000L);
      int next = 0;
      for (int e = 0; e < EVENTS; e++) {
        time += random.nextLong(1L << random.nextInt(8, 26));
        String id = u + "-" + e;
        boolean shows = random.nextInt(3) == 0;
        List<String> items = new ArrayList<>();
        for (int i = shows ? random.nextInt(3) : 0; i >= 0; i--) {
          items.add(u + "i" + (shows ? next++ : random.nextInt(EVENTS)));
        }
        log.add(
            new Event(
                id,
                shows ? "impression" : random.nextInt(4) == 0 ? "like" : "click",
                "u" + u,
                items,
                time,
                shows ? "r" + id : null,
                Map.of("surface", "s" + random.nextInt(3), "utc_offset", "" + 60 * (u - 15)),
                Map.of(),
                true,
                CandidateFields.of(
                    shows
                        ? Map.of(
                            "retrieval", numbers(random, items), "price", numbers(random, items))
                        : Map.of())));
      }
    }
    log.sort(java.util.Comparator.comparingLong(Event::timeMillis));
    return log;
  }
}
