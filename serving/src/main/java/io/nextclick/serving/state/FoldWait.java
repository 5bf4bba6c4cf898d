// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.state;

import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import io.nextclick.features.sequence.PartitionState;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.Verdict;
import io.nextclick.ingest.kafka.IngestStatus;
import io.nextclick.ingest.kafka.client.EventPublisher.Place;
import io.nextclick.ingest.kafka.client.EventPublisher.Published;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Waits until events that are in the log are folded here. That an offset has been passed proves
 * nothing: the topic may have been made again since, and nobody fold it. So an event counts as
 * folded when the fold has named it.
 */
final class FoldWait {

  private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long LOOK_MILLIS = 10;

  private final List<Event> events;
  private final List<Published> published;
  private final AwaitedVerdicts.Request request;
  private final ServingStore store;
  private final Supplier<IngestStatus> status;

  FoldWait(
      List<Event> events,
      List<Published> published,
      AwaitedVerdicts.Request request,
      ServingStore store,
      Supplier<IngestStatus> status) {
    this.events = events;
    this.published = published;
    this.request = request;
    this.store = store;
    this.status = status;
  }

  /**
   * Returns when all are folded, or after 10 s.
   *
   * @throws LogUnavailableException if one cannot be folded
   */
  Folding await() {
    long end = System.nanoTime() + LONGEST_NANOS;
    while (true) {
      Folding folding = look();
      if (folding.isComplete() || System.nanoTime() - end > 0) {
        return folding;
      }
      requireFolding(status.get());
      try {
        Thread.sleep(LOOK_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return folding;
      }
    }
  }

  private Folding look() {
    Map<SourcePartition, PartitionState> states = store.partitions();
    Set<SourcePartition> ours =
        status.get().partitions().stream()
            .map(IngestStatus.Partition::partition)
            .collect(Collectors.toSet());
    List<@Nullable Verdict> verdicts = new ArrayList<>(events.size());
    for (int i = 0; i < events.size(); i++) {
      Event event = events.get(i);
      List<Place> places = published.get(i).places();
      Verdict verdict = verdict(event, places.getFirst(), states);
      // Copies in partitions that another process reads are that one's to fold.
      boolean copies =
          places.stream()
              .skip(1)
              .filter(copy -> ours.contains(copy.partition()))
              .allMatch(copy -> verdict(event, copy, states) != null);
      verdicts.add(copies ? verdict : null);
    }
    return new Folding(published, verdicts);
  }

  private @Nullable Verdict verdict(
      Event event, Place place, Map<SourcePartition, PartitionState> states) {
    Verdict heard = request.of(event, place);
    PartitionState state = states.get(place.partition());
    boolean passed = state != null && state.nextOffset() > place.offset();
    return heard == null && passed && isQuarantined(event, place) ? Verdict.QUARANTINED : heard;
  }

  /** A record that could not be decoded has no id to hear of it by. */
  private boolean isQuarantined(Event event, Place place) {
    byte[] sent = EventJson.encode(event);
    return store.current().quarantine().read(place.partition(), place.offset(), 1).stream()
        .anyMatch(entry -> entry.offset() == place.offset() && entry.isOf(sent));
  }

  private void requireFolding(IngestStatus now) {
    if (now.state() == IngestStatus.State.FAILED) {
      throw LogUnavailableException.unfolded("ingest failed: " + now.reason());
    }
    for (Published event : published) {
      for (Place place : event.places()) {
        String failure = now.failure(place.partition());
        if (failure != null) {
          throw LogUnavailableException.unfolded(place.partition() + " is stopped: " + failure);
        }
      }
    }
  }
}
