// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.HeapSequenceStore;
import io.nextclick.features.sequence.SequenceCodec;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.features.sequence.StoredSequence;
import io.nextclick.ingest.log.TopicLogReader;
import io.nextclick.ingest.log.TopicRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Folds a topic log again, for the users of some answers only, and stops at every offset at which
 * an answer was made.
 */
final class StateRebuild {

  private static final int BATCH = 1_000;

  private final FoldSettings settings;
  private final UnaryOperator<String> nameOfUser;
  private final Visitor visitor;
  private final Map<SourcePartition, Partition> partitions = new HashMap<>();
  private final Map<String, String> users = new HashMap<>(); // name in the log to id, "" unseen

  /** Takes one answer with the state that it was made from. */
  interface Visitor {

    /**
     * Takes one.
     *
     * @param state the user's, folded up to the answer's offset
     * @param fault what is wrong with the event log up to there; null if it is complete
     */
    void visit(LoggedAnswer answer, StoredSequence state, @Nullable String fault);
  }

  /**
   * @param settings that the states were folded with
   * @param nameOfUser how the answers name a user
   */
  StateRebuild(FoldSettings settings, UnaryOperator<String> nameOfUser, Visitor visitor) {
    this.settings = settings;
    this.nameOfUser = nameOfUser;
    this.visitor = visitor;
  }

  /** Visits every answer once. */
  void run(List<LoggedAnswer> answers, Path log, Consumer<Event> events) throws IOException {
    expect(answers);
    try (TopicLogReader reader = TopicLogReader.open(log, settings.times())) {
      for (TopicRecord record = reader.next(); record != null; record = reader.next()) {
        Partition partition = partitions.get(record.partition());
        if (partition != null) {
          partition.read(record.record());
        }
        if (record.record().decoded() instanceof Event event) {
          events.accept(event);
        }
      }
    }
    partitions.values().forEach(Partition::end);
  }

  private void expect(List<LoggedAnswer> answers) {
    Map<SourcePartition, List<Part>> expected = new HashMap<>();
    for (LoggedAnswer answer : answers) {
      Map<SourcePartition, Long> offsets = answer.state().parts();
      if (offsets.isEmpty()) {
        visitor.visit(answer, StoredSequence.UNKNOWN, null);
        continue;
      }
      users.put(answer.user(), "");
      Whole whole = new Whole(answer, offsets.size());
      offsets.forEach((partition, offset) ->
          expected
              .computeIfAbsent(partition, key -> new ArrayList<>())
              .add(new Part(whole, offset)));
    }
    expected.forEach((id, parts) -> {
      parts.sort(Comparator.comparingLong(Part::offset));
      Partition partition = new Partition(id);
      partition.answers.addAll(parts);
      partitions.put(id, partition);
    });
  }

  /** What one partition holds of the state that an answer was made from. */
  private record Part(Whole whole, long offset) {}

  /** The state that an answer was made from, until all its parts are there. */
  private final class Whole {
    private final LoggedAnswer answer;
    private final int parts;
    private final Map<SourcePartition, StoredSequence> found = new TreeMap<>();
    private @Nullable String fault;

    Whole(LoggedAnswer answer, int parts) {
      this.answer = answer;
      this.parts = parts;
    }

    void add(SourcePartition partition, StoredSequence part, @Nullable String partFault) {
      found.put(partition, part);
      fault = fault == null ? partFault : fault;
      if (found.size() == parts) {
        visitor.visit(answer, merged(), fault);
      }
    }

    private StoredSequence merged() {
      String user = users.getOrDefault(answer.user(), "");
      StoredSequence merged = StoredSequence.UNKNOWN;
      for (StoredSequence part : found.values()) {
        if (part.partition() != null && part.state() != null) {
          byte[] value = SequenceCodec.encode(user, part.sequence());
          merged = merged.with(user, value, part.partition(), part.state(), settings);
        }
      }
      return merged;
    }
  }

  /** One partition on its way from the first record to the last. */
  private final class Partition {

    private final SourcePartition id;
    // With a retention, the events of all tell the time.
    private final HeapSequenceStore store =
        settings.retention().isOn()
            ? new HeapSequenceStore(settings, StateRebuild.this::isWanted)
            : new HeapSequenceStore(settings);
    private final Deque<Part> answers = new ArrayDeque<>();
    private final List<SourceRecord> batch = new ArrayList<>();
    private long next;
    private long missing;
    private long firstMissing;

    Partition(SourcePartition id) {
      this.id = id;
    }

    void read(SourceRecord record) {
      while (!answers.isEmpty() && answers.peek().offset() <= record.offset()) {
        // Records may be missing between here and the answer's offset.
        missUntil(answers.peek().offset());
        visit(answers.remove());
      }
      missUntil(record.offset());
      next = record.offset() + 1;
      if (record.decoded() instanceof Event event
          && event.user() != null
          && (isWanted(event.user()) || settings.retention().isOn())) {
        batch.add(record);
      }
      if (batch.size() == BATCH) {
        fold();
      }
    }

    private void missUntil(long offset) {
      if (offset > next) {
        firstMissing = missing == 0 ? next : firstMissing;
        missing += offset - next;
        next = offset;
      }
    }

    void end() {
      while (!answers.isEmpty()) {
        missUntil(answers.peek().offset());
        visit(answers.remove());
      }
    }

    private void visit(Part part) {
      fold();
      String user = users.getOrDefault(part.whole().answer.user(), "");
      StoredSequence state = user.isEmpty() ? StoredSequence.UNKNOWN : store.get(user);
      part.whole().add(id, state, fault());
    }

    private @Nullable String fault() {
      return missing == 0
          ? null
          : "%,d records of %s before it are missing in the event log, the first at offset %d"
              .formatted(missing, id, firstMissing);
    }

    private void fold() {
      if (!batch.isEmpty()) {
        store.apply(new SourceBatch(id, "", -1, next, List.copyOf(batch)));
        batch.clear();
      }
    }
  }

  private boolean isWanted(String user) {
    String name = nameOfUser.apply(user);
    return users.computeIfPresent(name, (key, id) -> user) != null;
  }
}
