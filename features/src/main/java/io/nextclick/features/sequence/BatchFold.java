// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.sequence;

import io.nextclick.features.event.Event;
import io.nextclick.features.event.RejectedEvent;
import io.nextclick.features.event.RejectedEvent.Reason;
import io.nextclick.features.item.Item;
import io.nextclick.features.item.StoredItem;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Folds one batch: reads what is stored, applies every record in order, and says what to store.
 * Every store folds through here, so all of them agree.
 */
public final class BatchFold {

  private static final BigInteger MODULUS = BigInteger.ONE.shiftLeft(128);

  private final SequenceReducer reducer;
  private final StateView view;
  private final SourceBatch batch;
  private final Map<String, User> users = new LinkedHashMap<>();
  private final Map<String, StoredItem> items = new LinkedHashMap<>();
  private final List<QuarantineEntry> quarantine = new ArrayList<>();
  private final List<Verdict> verdicts = new ArrayList<>();
  private Counters added = Counters.ZERO;
  private long watermark;
  private long forgotten;

  private BatchFold(
      SequenceReducer reducer, StateView view, SourceBatch batch, @Nullable PartitionState before) {
    this.reducer = reducer;
    this.view = view;
    this.batch = batch;
    this.watermark = before == null ? Retention.NO_WATERMARK : before.watermarkMillis();
  }

  /**
   * Folds {@code batch} onto {@code view}, which it does not change.
   *
   * @throws IllegalArgumentException if offsets do not ascend from the stored next offset, or the
   *     topic is not the one that the state was built from
   */
  public static FoldedBatch fold(SequenceReducer reducer, StateView view, SourceBatch batch) {
    PartitionState before = view.partition(batch.partition());
    requireContinues(before, batch);
    return new BatchFold(reducer, view, batch, before).run(before);
  }

  private FoldedBatch run(@Nullable PartitionState before) {
    for (SourceRecord record : batch.records()) {
      Verdict verdict = apply(record);
      verdicts.add(verdict);
      added = added.plus(verdict);
    }
    BigInteger digest = before == null ? BigInteger.ZERO : before.digest();
    Map<String, Optional<byte[]>> sequences = new LinkedHashMap<>();
    Map<String, Erasure> erasures = new HashMap<>();
    for (var entry : users.entrySet()) {
      User user = entry.getValue();
      if (user.erasureChanged && user.erasure != null) {
        erasures.put(entry.getKey(), user.erasure);
      }
      if (user.changed) {
        byte[] after =
            user.sequence.isEmpty() ? null : SequenceCodec.encode(entry.getKey(), user.sequence);
        digest = digest.subtract(digest(user.before)).add(digest(after));
        sequences.put(entry.getKey(), Optional.ofNullable(after));
      }
    }
    return new FoldedBatch(
        sequences,
        List.copyOf(items.values()),
        erasures,
        quarantine,
        stateAfter(before, digest.mod(MODULUS)),
        new BatchOutcome(added, verdicts),
        forgotten);
  }

  private PartitionState stateAfter(@Nullable PartitionState before, BigInteger digest) {
    List<SourceRecord> records = batch.records();
    long base = records.isEmpty() ? batch.nextOffset() : records.getFirst().offset();
    long appended = before == null ? -1 : before.lastAppendTimeMillis();
    for (SourceRecord record : records) {
      if (record.appendTimeMillis() != SourceRecord.UNKNOWN_TIME) {
        appended = Math.max(appended, record.appendTimeMillis());
      }
    }
    return new PartitionState(
        batch.topicId(),
        batch.leaderEpoch(),
        before == null ? base : before.baseOffset(),
        batch.nextOffset(),
        before == null ? added : before.counters().plus(added),
        digest,
        appended,
        watermark);
  }

  private Verdict apply(SourceRecord record) {
    return switch (record.decoded()) {
      case RejectedEvent rejected -> quarantine(record, rejected);
      case Event event ->
          switch (event.kind()) {
            case ITEM -> describeItem(event, record);
            case ERASE -> erase(event, record);
            case USER, BEHAVIOUR -> foldUser(event, record);
          };
    };
  }

  private Verdict foldUser(Event event, SourceRecord record) {
    User user = user(event.key());
    long append = record.appendTimeMillis();
    watermark = reducer.watermark(watermark, event, append);
    if (user.erasure != null
        && user.erasure.covers(record.offset(), reducer.clamp(event, append))) {
      return Verdict.ERASED;
    }
    if (reducer.isExpired(event, append, watermark)) {
      return Verdict.EXPIRED;
    }
    UserSequence before = reducer.remembered(user.sequence, watermark);
    Folded folded = reducer.apply(before, event, append);
    if (folded.verdict() == Verdict.QUARANTINED) {
      return quarantine(
          record,
          new RejectedEvent(Reason.UNKNOWN_ACTION, "the action is not among the store's actions"));
    }
    if (folded.verdict() == Verdict.APPLIED) {
      forgotten += before.isEmpty() && !user.sequence.isEmpty() ? 1 : 0;
      user.sequence = folded.sequence();
      user.changed = true;
    }
    return folded.verdict();
  }

  private Verdict erase(Event event, SourceRecord record) {
    User user = user(event.key());
    var entry = new Erasure(record.offset(), reducer.clamp(event, record.appendTimeMillis()));
    user.erasure = user.erasure == null ? entry : user.erasure.merge(entry);
    user.erasureChanged = true;
    user.changed = true;
    user.sequence = UserSequence.EMPTY;
    return Verdict.ERASED;
  }

  private Verdict describeItem(Event event, SourceRecord record) {
    String id = event.items().getFirst();
    long idHash = SequenceReducer.hash(event.id());
    long time = reducer.clamp(event, record.appendTimeMillis());
    StoredItem before = items.containsKey(id) ? items.get(id) : view.item(id);
    if (before != null && before.eventIdHash() == idHash) {
      return Verdict.DUPLICATE;
    }
    if (before != null && time < before.item().timeMillis()) {
      return Verdict.LATE;
    }
    items.put(
        id, new StoredItem(new Item(id, event.attributes(), event.available(), time), idHash));
    return Verdict.APPLIED;
  }

  private Verdict quarantine(SourceRecord record, RejectedEvent why) {
    quarantine.add(QuarantineEntry.of(batch.partition(), record, why));
    return Verdict.QUARANTINED;
  }

  /** A user's state while the batch is folded. */
  private static final class User {
    final byte @Nullable [] before;
    UserSequence sequence;
    @Nullable Erasure erasure;
    boolean changed;
    boolean erasureChanged;

    User(byte @Nullable [] before, UserSequence sequence, @Nullable Erasure erasure) {
      this.before = before;
      this.sequence = sequence;
      this.erasure = erasure;
    }
  }

  private User user(String id) {
    return users.computeIfAbsent(
        id,
        key -> {
          byte[] value = view.sequence(batch.partition(), key);
          return new User(
              value,
              value == null ? UserSequence.EMPTY : SequenceCodec.decode(key, value),
              view.erasure(batch.partition(), key));
        });
  }

  private static BigInteger digest(byte @Nullable [] value) {
    return value == null ? BigInteger.ZERO : SequenceCodec.digest(value);
  }

  private static void requireContinues(@Nullable PartitionState before, SourceBatch batch) {
    long next = before == null ? 0 : before.nextOffset();
    if (before != null
        && !before.topicId().isEmpty()
        && !before.topicId().equals(batch.topicId())) {
      throw new IllegalArgumentException(
          "%s: topic id=%s, but the state was built from topic id=%s"
              .formatted(batch.partition(), batch.topicId(), before.topicId()));
    }
    for (SourceRecord record : batch.records()) {
      if (record.offset() < next) {
        throw new IllegalArgumentException(
            "%s: offset=%d, but the next must be at least %d"
                .formatted(batch.partition(), record.offset(), next));
      }
      next = record.offset() + 1;
    }
    if (batch.nextOffset() < next) {
      throw new IllegalArgumentException(
          "%s: nextOffset=%d lies before the end of the batch, %d"
              .formatted(batch.partition(), batch.nextOffset(), next));
    }
  }
}
