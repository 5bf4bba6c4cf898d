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

  private final FoldSettings settings;
  private final SequenceReducer reducer;
  private final Map<Key, byte[]> sequences = new HashMap<>();
  private final Map<Key, Erasure> erasures = new HashMap<>();
  private final Map<SourcePartition, PartitionState> partitions = new TreeMap<>();
  private final ConcurrentItemCatalog items = new ConcurrentItemCatalog();

  public HeapSequenceStore(FoldSettings settings) {
    this.settings = settings;
    this.reducer = new SequenceReducer(settings);
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
        stored = stored.with(user, value, entry.getKey(), entry.getValue(), settings.maxHistory());
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
  public synchronized void forEach(BiConsumer<String, UserSequence> visitor) {
    sequences.entrySet().stream()
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
        return erasures.get(new Key(partition, user));
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
