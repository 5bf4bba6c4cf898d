// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.HeapSequenceStore;
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
    try (TopicLogReader reader = TopicLogReader.open(log)) {
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
    List<LoggedAnswer> byOffset = new ArrayList<>(answers);
    byOffset.sort(Comparator.comparingLong(answer -> offset(answer.state())));
    for (LoggedAnswer answer : byOffset) {
      LoggedAnswer.State state = answer.state();
      if (state.topic() == null || state.partition() == null) {
        visitor.visit(answer, StoredSequence.UNKNOWN, null);
      } else {
        users.put(answer.user(), "");
        partitions
            .computeIfAbsent(new SourcePartition(state.topic(), state.partition()), Partition::new)
            .answers
            .add(answer);
      }
    }
  }

  private static long offset(LoggedAnswer.State state) {
    return state.offset() == null ? 0 : state.offset();
  }

  /** One partition on its way from the first record to the last. */
  private final class Partition {

    private final SourcePartition id;
    private final HeapSequenceStore store = new HeapSequenceStore(settings);
    private final Deque<LoggedAnswer> answers = new ArrayDeque<>();
    private final List<SourceRecord> batch = new ArrayList<>();
    private long next;
    private long missing;
    private long firstMissing;

    Partition(SourcePartition id) {
      this.id = id;
    }

    void read(SourceRecord record) {
      while (!answers.isEmpty() && offset(answers.peek().state()) <= record.offset()) {
        // Records may be missing between here and the answer's offset.
        missUntil(offset(answers.peek().state()));
        visit(answers.remove());
      }
      missUntil(record.offset());
      next = record.offset() + 1;
      if (record.decoded() instanceof Event event
          && event.user() != null
          && isWanted(event.user())) {
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
        missUntil(offset(answers.peek().state()));
        visit(answers.remove());
      }
    }

    private void visit(LoggedAnswer answer) {
      fold();
      String user = users.getOrDefault(answer.user(), "");
      StoredSequence state = user.isEmpty() ? StoredSequence.UNKNOWN : store.get(user);
      visitor.visit(answer, state, fault());
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
