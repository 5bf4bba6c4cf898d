// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.state;

import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.features.sequence.Verdict;
import io.nextclick.ingest.kafka.BatchListener;
import io.nextclick.ingest.kafka.client.EventPublisher.Place;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Hears what becomes of the events that requests wait for. It holds their ids, and forgets them
 * with the request: a verdict heard under an event's id is the verdict of that event, which an
 * offset alone would not prove.
 */
final class AwaitedVerdicts implements BatchListener {

  private static final class Awaited {
    private int requests;
    private final Map<Place, Verdict> verdicts = new ConcurrentHashMap<>();
  }

  private final Map<String, Awaited> byEvent = new ConcurrentHashMap<>();

  /** Hears of these events from now on, until it is closed. */
  final class Request implements AutoCloseable {
    private final Set<String> ids;

    private Request(List<Event> events) {
      ids = events.stream().map(Event::id).collect(Collectors.toSet());
      for (String id : ids) {
        byEvent.compute(
            id,
            (key, known) -> {
              Awaited awaited = known == null ? new Awaited() : known;
              awaited.requests++;
              return awaited;
            });
      }
    }

    /** What became of an event at its place; null if that was not heard yet. */
    @Nullable Verdict of(Event event, Place place) {
      Awaited awaited = byEvent.get(event.id());
      return awaited == null ? null : awaited.verdicts.get(place);
    }

    @Override
    public void close() {
      for (String id : ids) {
        byEvent.computeIfPresent(id, (key, known) -> --known.requests == 0 ? null : known);
      }
    }
  }

  /** To be called before the events are sent: the fold may be faster than the acknowledgement. */
  Request expect(List<Event> events) {
    return new Request(events);
  }

  @Override
  public void after(SourceBatch batch, List<Verdict> verdicts) {
    if (byEvent.isEmpty()) {
      return;
    }
    List<SourceRecord> records = batch.records();
    for (int i = 0; i < records.size(); i++) {
      if (records.get(i).decoded() instanceof Event event) {
        Awaited awaited = byEvent.get(event.id());
        if (awaited != null) {
          awaited.verdicts.put(
              new Place(batch.partition(), records.get(i).offset()), verdicts.get(i));
        }
      }
    }
  }

  /** Events that are waited for. */
  int size() {
    return byEvent.size();
  }
}
