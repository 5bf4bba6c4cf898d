// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.rank;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.HeapSequenceStore;
import io.nextclick.features.sequence.SequenceStore;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.ingest.kafka.Moment;
import io.nextclick.ingest.kafka.Ownership;
import io.nextclick.ingest.kafka.Ownership.UpTo;
import io.nextclick.model.Scorer;
import io.nextclick.model.retrieve.Parallelism;
import io.nextclick.serving.api.CandidateList;
import io.nextclick.serving.api.RankRequest;
import io.nextclick.serving.api.RankedList;
import io.nextclick.serving.api.RankedList.RankedItem;
import io.nextclick.serving.models.LoadedModel;
import io.nextclick.serving.models.ModelRegistry;
import io.nextclick.serving.state.Freshness;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A ranking service on a heap store, with models that answer as they are told. */
public class RankingFixture {

  static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");
  static final FoldSettings FOLD = FoldSettings.DEFAULT;

  static final SourcePartition EVENTS = new SourcePartition("events", 0);

  public final HeapSequenceStore store = new HeapSequenceStore(FOLD);
  final ModelRegistry models = new ModelRegistry();
  Ownership ownership = owned(EVENTS, NOW.minusSeconds(5));
  private long offset;
  private long eventOffset;

  /** A partition that is read up to a moment, the only one there is. */
  static Ownership owned(SourcePartition partition, Instant upTo) {
    Moment moment = new Moment(System.nanoTime(), upTo.toEpochMilli());
    return new Ownership(
        "events", 1, true, true, Map.of(partition, new UpTo(moment, true)), Moment.now(() -> NOW));
  }

  static RankRequest read(String body) {
    byte[] json = body.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    return RankRequest.read(json, 1_000, 1_000);
  }

  public static Deadline soon() {
    return Deadline.after(System.nanoTime(), 10_000);
  }

  public RankingService service() {
    return service(new RankingLimits(100, 100, 20, 1_000, Set.of()));
  }

  public RankingService service(RankingLimits limits, AnswerListener... listeners) {
    return service(store, limits, listeners);
  }

  public RankingService service(
      SequenceStore store, RankingLimits limits, AnswerListener... listeners) {
    InstantSource clock = InstantSource.fixed(NOW);
    Freshness freshness = new Freshness(() -> ownership, clock);
    return new RankingService(
        store, models, limits, freshness, clock, Parallelism.NONE, List.of(listeners));
  }

  public static RankRequest candidates(String user, String... items) {
    return new RankRequest(
        user,
        null,
        CandidateList.of(List.of(items)),
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null);
  }

  static RankRequest catalogue(String user) {
    return new RankRequest(user, null, null, null, null, null, null, null, null, null, null);
  }

  static List<String> ids(RankedList list) {
    return list.items().stream().map(RankedItem::item).toList();
  }

  /** A model that gives every known item its score. */
  public static LoadedModel scorer(String name, Map<String, Float> scores) {
    return new LoadedModel(new FixedScorer(name, scores), "v-" + name);
  }

  Event item(String id, boolean available) {
    return item(id, Map.of(), available);
  }

  public Event item(String id, Map<String, List<String>> attributes) {
    return item(id, attributes, true);
  }

  Event item(String id, Map<String, List<String>> attributes, boolean available) {
    return new Event(
        "item-" + offset,
        Event.ITEM,
        null,
        List.of(id),
        offset + 1,
        null,
        Map.of(),
        attributes,
        available);
  }

  public void activate(LoadedModel model) {
    models.activate(model);
  }

  public void apply(Event event) {
    boolean item = event.kind() == Event.Kind.ITEM;
    SourcePartition partition = new SourcePartition(item ? "items" : "events", 0);
    long at = item ? offset++ : eventOffset++;
    store.apply(
        new SourceBatch(
            partition,
            "id",
            0,
            at + 1,
            List.of(new SourceRecord(at, NOW.toEpochMilli(), event, new byte[0]))));
  }

  /** Gives every known item its score, the unknown ones -1; fails on NaN. */
  record FixedScorer(String name, Map<String, Float> scores) implements Scorer {

    @Override
    public Vocabulary vocabulary() {
      return new Vocabulary(new ArrayList<>(scores.keySet()).stream().sorted().toList());
    }

    @Override
    public int maxHistory() {
      return 10;
    }

    @Override
    public float[] score(EncodedRequest request) {
      float[] result = new float[request.candidates().length];
      for (int i = 0; i < result.length; i++) {
        result[i] = scores.getOrDefault(request.candidateIds().get(i), -1f);
        if (Float.isNaN(result[i])) {
          throw new IllegalStateException("planted");
        }
      }
      return result;
    }
  }
}
