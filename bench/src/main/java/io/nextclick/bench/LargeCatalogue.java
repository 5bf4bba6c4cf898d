// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.HeapSequenceStore;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.ingest.kafka.Ownership;
import io.nextclick.model.encoder.EncoderScorer;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.model.retrieve.Parallelism;
import io.nextclick.model.retrieve.SharedBlocks;
import io.nextclick.serving.api.RankRequest;
import io.nextclick.serving.api.RankedList.RankedItem;
import io.nextclick.serving.models.LoadedModel;
import io.nextclick.serving.models.ModelRegistry;
import io.nextclick.serving.rank.Deadline;
import io.nextclick.serving.rank.RankingLimits;
import io.nextclick.serving.rank.RankingService;
import io.nextclick.serving.state.Freshness;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;

/** A catalogue with a random model of all its items, users with histories, and a service. */
final class LargeCatalogue {

  private static final int SEED = 7;
  private static final int USERS = 64;
  private static final int HISTORY = 50;
  private static final int DIM = 64;
  private static final int LIMIT = 20;
  private static final int BATCH = 10_000;

  private final HeapSequenceStore store = new HeapSequenceStore(FoldSettings.DEFAULT);
  private final Parallelism all;
  private final EncoderScorer model;
  private final RankingService alone;
  private final RankingService shared;
  private final int[] memory; // as large as the item embeddings

  /**
   * @param executor has at least {@code threads} threads
   */
  LargeCatalogue(int items, Executor executor, int threads) {
    all = new Parallelism(executor, threads - 1);
    Vocabulary vocabulary =
        new Vocabulary(IntStream.rangeClosed(1, items).mapToObj(row -> "i" + row).toList());
    EncoderConfig config =
        EncoderConfig.builder(items, Scoring.DOT)
            .width(DIM, 4 * DIM)
            .layers(2, 2)
            .history(HISTORY)
            .build();
    model =
        new EncoderScorer(
            "dot", vocabulary, EncoderWeights.random(config, SEED), Kernels.best(), null);
    memory = new int[Math.multiplyExact(items, DIM)];
    describe(vocabulary);
    click(items, new SplittableRandom(SEED));
    ModelRegistry models = new ModelRegistry();
    models.activate(new LoadedModel(model, "1"));
    alone = service(models, Parallelism.NONE);
    shared = service(models, all);
  }

  private RankingService service(ModelRegistry models, Parallelism parallelism) {
    InstantSource clock = InstantSource.system();
    return new RankingService(
        store,
        models,
        new RankingLimits(5_000, 1_000, LIMIT, 1_000, Set.of()),
        new Freshness(() -> Ownership.OF_NO_LOG, clock),
        clock,
        parallelism,
        List.of());
  }

  private void describe(Vocabulary vocabulary) {
    List<Event> events = new ArrayList<>(BATCH);
    for (int row = 1; row <= vocabulary.size(); row++) {
      String id = vocabulary.id(row);
      events.add(new Event(id, Event.ITEM, null, List.of(id), row, null, Map.of(), Map.of(), true));
      if (events.size() == BATCH || row == vocabulary.size()) {
        apply(new SourcePartition("items", 0), row - events.size(), events);
        events.clear();
      }
    }
  }

  private void click(int items, SplittableRandom random) {
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < USERS * HISTORY; i++) {
      String item = "i" + random.nextInt(1, items + 1);
      events.add(Event.behaviour("e" + i, "click", user(i), item, 1_000 + i));
    }
    apply(new SourcePartition("events", 0), 0, events);
  }

  private void apply(SourcePartition partition, long first, List<Event> events) {
    List<SourceRecord> records = new ArrayList<>(events.size());
    for (Event event : events) {
      records.add(new SourceRecord(first + records.size(), 0, event, new byte[0]));
    }
    store.apply(new SourceBatch(partition, "id", 0, first + events.size(), records));
  }

  private static String user(int i) {
    return "u" + i % USERS;
  }

  /** The list that the service answers without candidates. */
  List<String> searched(int user, boolean allThreads) {
    RankRequest request =
        new RankRequest(user(user), null, null, LIMIT, null, null, null, null, null, null, null);
    Deadline deadline = Deadline.after(System.nanoTime(), 60_000);
    return (allThreads ? shared : alone)
        .rank(request, deadline).items().stream().map(RankedItem::item).toList();
  }

  /** The same list by scoring every item and sorting all. */
  List<String> sorted(int user) {
    EncodedRequest request =
        model.request(
            store.get(user(user)).sequence(),
            model.vocabulary().ids(),
            Map.of(),
            store.items(),
            System.currentTimeMillis());
    float[] scores = model.score(request);
    return IntStream.range(0, scores.length)
        .boxed()
        .sorted(Comparator.comparingDouble((Integer i) -> -scores[i]).thenComparing(i -> i))
        .limit(LIMIT)
        .map(i -> model.vocabulary().id(i + 1))
        .toList();
  }

  /** Reads as much memory as the item embeddings take, with all threads. */
  long readMemory() {
    LongAdder sum = new LongAdder();
    int block = 1 << 20;
    SharedBlocks.run(
        Math.ceilDiv(memory.length, block),
        () ->
            new SharedBlocks.Worker() {
              @Override
              public void work(int index) {
                sum.add(sum(memory, index * block, Math.min(memory.length, (index + 1) * block)));
              }

              @Override
              public void close() {}
            },
        all);
    return sum.sum();
  }

  private static int sum(int[] values, int from, int to) {
    int sum = 0;
    for (int i = from; i < to; i++) {
      sum += values[i];
    }
    return sum;
  }
}
