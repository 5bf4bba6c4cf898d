// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.sequence;

import io.nextclick.features.item.ConcurrentItemCatalog;
import io.nextclick.features.item.ItemCatalog;
import io.nextclick.features.item.StoredItem;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A store in memory: evaluation folds logs into it, and tests compare the one on disk with it. */
public final class HeapSequenceStore implements SequenceStore {

  private record Key(SourcePartition partition, String user) {}

  private static final Erasure ALWAYS = new Erasure(Long.MAX_VALUE, Long.MAX_VALUE);

  private final FoldSettings settings;
  private final SequenceReducer reducer;
  private final Map<Key, byte[]> sequences = new HashMap<>();
  private final Map<Key, Erasure> erasures = new HashMap<>();
  private final Map<SourcePartition, PartitionState> partitions = new TreeMap<>();
  private final ConcurrentItemCatalog items = new ConcurrentItemCatalog();

  private final Predicate<String> isKept;

  public HeapSequenceStore(FoldSettings settings) {
    this(settings, user -> true);
  }

  /**
   * A store of some users alone: others are folded as if erased, and only the time goes on with
   * them.
   *
   * @param isKept whose sequences are kept
   */
  public HeapSequenceStore(FoldSettings settings, Predicate<String> isKept) {
    this.settings = settings;
    this.reducer = new SequenceReducer(settings);
    this.isKept = isKept;
  }

  @Override
  public FoldSettings settings() {
    return settings;
  }

  @Override
  public synchronized StoredSequence get(String user, Predicate<SourcePartition> mayRead) {
    StoredSequence stored = StoredSequence.UNKNOWN;
    for (var entry : partitions.entrySet()) {
      byte[] value = sequences.get(new Key(entry.getKey(), user));
      if (value != null && mayRead.test(entry.getKey())) {
        stored = stored.with(user, value, entry.getKey(), entry.getValue(), settings);
      }
    }
    return stored;
  }

  @Override
  public synchronized BatchOutcome apply(SourceBatch batch) {
    SourcePartition partition = batch.partition();
    FoldedBatch folded = BatchFold.fold(reducer, view(), batch);
    folded
        .sequences()
        .forEach((user, value) -> {
          Key key = new Key(partition, user);
          value.ifPresentOrElse(bytes -> sequences.put(key, bytes), () -> sequences.remove(key));
        });
    folded.erasures().forEach((user, entry) -> erasures.put(new Key(partition, user), entry));
    folded.items().forEach(items::put);
    partitions.put(partition, folded.state());
    partitions.putAll(settings.retention().raised(partitions, partition, folded.state()));
    return folded.outcome();
  }

  @Override
  public synchronized Map<SourcePartition, PartitionState> partitions() {
    return Map.copyOf(partitions);
  }

  @Override
  public ItemCatalog items() {
    return items;
  }

  @Override
  public synchronized long sweep() {
    long before = sequences.size();
    sequences
        .entrySet()
        .removeIf(entry -> {
          SourcePartition partition = entry.getKey().partition();
          PartitionState state = partitions.get(partition);
          if (state == null || !isForgotten(entry.getKey(), entry.getValue())) {
            return false;
          }
          partitions.put(partition, state.with(entry.getValue(), null));
          return true;
        });
    return before - sequences.size();
  }

  private boolean isForgotten(Key key, byte[] value) {
    PartitionState state = partitions.get(key.partition());
    return settings.retention().isOn()
        && state != null
        && settings.retention().forgets(SequenceCodec.decode(key.user(), value), state);
  }

  @Override
  public synchronized void forEach(BiConsumer<String, UserSequence> visitor) {
    sequences.entrySet().stream()
        .filter(entry -> !isForgotten(entry.getKey(), entry.getValue()))
        .sorted((a, b) -> a.getKey().user().compareTo(b.getKey().user()))
        .forEach(entry -> {
          String user = entry.getKey().user();
          visitor.accept(user, SequenceCodec.decode(user, entry.getValue()));
        });
  }

  @Override
  public void close() {}

  private StateView view() {
    return new StateView() {
      @Override
      public byte @Nullable [] sequence(SourcePartition partition, String user) {
        return sequences.get(new Key(partition, user));
      }

      @Override
      public @Nullable Erasure erasure(SourcePartition partition, String user) {
        return isKept.test(user) ? erasures.get(new Key(partition, user)) : ALWAYS;
      }

      @Override
      public @Nullable StoredItem item(String id) {
        return items.stored(id);
      }

      @Override
      public @Nullable PartitionState partition(SourcePartition partition) {
        return partitions.get(partition);
      }
    };
  }
}
