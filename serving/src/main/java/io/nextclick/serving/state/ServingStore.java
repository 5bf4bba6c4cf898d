// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.state;

import io.nextclick.features.item.Item;
import io.nextclick.features.item.ItemCatalog;
import io.nextclick.features.sequence.BatchOutcome;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.PartitionState;
import io.nextclick.features.sequence.SequenceStore;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.StoredSequence;
import io.nextclick.features.sequence.UnreadableStateException;
import io.nextclick.features.sequence.UserSequence;
import io.nextclick.features.store.RocksDbSequenceStore;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The store that the service reads. Another one can take its place between two reads; the one
 * before is closed a little later, when nobody reads it any more.
 */
public final class ServingStore implements SequenceStore {

  private static final Logger LOG = LoggerFactory.getLogger(ServingStore.class);

  /** Longer than a request takes. A longer reader, such as a fit, is waited for besides. */
  private static final Duration GRACE = Duration.ofSeconds(10);

  private final StateFaults faults = new StateFaults(System::nanoTime, this::damage);
  private final CurrentItems items = new CurrentItems();
  private volatile RocksDbSequenceStore current;
  private @Nullable RocksDbSequenceStore before;
  private volatile boolean withheld;

  public ServingStore(RocksDbSequenceStore store) {
    current = store;
    items.follow(store);
  }

  /** The store as it is now. */
  public RocksDbSequenceStore current() {
    return current;
  }

  private @Nullable String damage() {
    return current.damage();
  }

  /** What of it could not be read. */
  public StateFaults faults() {
    return faults;
  }

  /**
   * Lets another store serve.
   *
   * @param next folded with the same actions
   */
  public synchronized void replaceBy(RocksDbSequenceStore next) {
    requireSameActions(next.settings());
    RocksDbSequenceStore last = current;
    items.follow(next);
    current = next;
    faults.clear();
    withheld = false; // it has all that the log has
    before = last;
    CompletableFuture.delayedExecutor(GRACE.toMillis(), TimeUnit.MILLISECONDS).execute(last::close);
    items.announceAll();
  }

  /** Whether that store serves. */
  @SuppressWarnings("ReferenceEquality") // two stores are two, whatever they hold
  public boolean isCurrent(RocksDbSequenceStore other) {
    return current == other;
  }

  /**
   * Serves no user's state that a checkpoint left, until {@link #caughtUp}: users may have been
   * erased since.
   */
  public void withholdOldState() {
    withheld = current.isRestored();
    if (withheld) {
      LOG.warn(
          "The state is a checkpoint's: no user's is served until the log behind it has been read,"
              + " since some may have been erased");
    }
  }

  /** Whether users wait for that. */
  public boolean isWithheld() {
    return withheld;
  }

  /** Serves every user from now on: all that was in the log has been folded. */
  public void caughtUp() {
    if (withheld) {
      try {
        current.caughtUp();
      } catch (IOException e) {
        LOG.warn("The next start will hold the state back once more: {}", e.toString());
      }
      withheld = false;
      LOG.info("The log behind the checkpoint has been read: users are served");
    }
  }

  /** Models and limits know actions by their codes. */
  public void requireSameActions(FoldSettings other) {
    if (!other.actions().equals(settings().actions())) {
      throw new IllegalArgumentException(
          "the store was folded with the actions %s, the service has %s"
              .formatted(other.actions(), settings().actions()));
    }
  }

  /** A store that was replaced and closed meanwhile is no fault: its successor answers. */
  @SuppressWarnings("ReferenceEquality") // two stores are two, whatever they hold
  private <T> T read(Function<RocksDbSequenceStore, T> reader) {
    RocksDbSequenceStore store = current;
    while (true) {
      try {
        return reader.apply(store);
      } catch (IllegalStateException e) {
        RocksDbSequenceStore now = current;
        if (now == store) {
          throw e;
        }
        store = now;
      }
    }
  }

  @Override
  public FoldSettings settings() {
    return current.settings();
  }

  @Override
  public StoredSequence get(String user, Predicate<SourcePartition> mayRead) {
    if (withheld) {
      throw new StateWithheldException();
    }
    return read(store -> {
      try {
        return store.get(user, mayRead);
      } catch (UnreadableStateException e) {
        if (isCurrent(store)) {
          faults.failed(e);
        }
        throw e;
      }
    });
  }

  @Override
  public BatchOutcome apply(SourceBatch batch) {
    return current.apply(batch);
  }

  @Override
  public Map<SourcePartition, PartitionState> partitions() {
    return current.partitions();
  }

  @Override
  public ItemCatalog items() {
    return items;
  }

  @Override
  public long sweep() {
    return read(RocksDbSequenceStore::sweep);
  }

  /** The sequences that can be read: a partition with a fault is left where the fault is. */
  @Override
  public void forEach(BiConsumer<String, UserSequence> visitor) {
    RocksDbSequenceStore store = current;
    for (SourcePartition partition : new TreeSet<>(store.partitions().keySet())) {
      try {
        store.forEach(partition, visitor);
      } catch (UnreadableStateException e) {
        faults.failed(e);
      }
    }
  }

  @Override
  public synchronized void close() {
    if (before != null) {
      before.close();
    }
    current.close();
  }

  /** The catalogue of the store of the moment; its listeners stay when the store goes. */
  private final class CurrentItems implements ItemCatalog {

    private final List<Consumer<Item>> listeners = new CopyOnWriteArrayList<>();
    private long earlier; // versions of the catalogues before

    @SuppressWarnings("ReferenceEquality") // as above
    void follow(RocksDbSequenceStore store) {
      store
          .items()
          .addListener(item -> {
            if (current == store) {
              listeners.forEach(listener -> listener.accept(item));
            }
          });
    }

    /** As if all were described now, in the order in which they were: the newest comes last. */
    void announceAll() {
      earlier += 1L << 32;
      List<Item> all = new ArrayList<>(current.items().size());
      current.items().forEach(all::add);
      all.sort(Comparator.comparingLong(Item::timeMillis));
      for (Consumer<Item> listener : listeners) {
        try {
          all.forEach(listener);
        } catch (RuntimeException e) {
          LOG.error("The store serves, but not all hear of its items", e);
        }
      }
    }

    @Override
    public @Nullable Item get(String id) {
      return current.items().get(id);
    }

    @Override
    public int size() {
      return current.items().size();
    }

    @Override
    public long version() {
      return earlier + current.items().version();
    }

    @Override
    public void forEachWhile(Predicate<Item> visitor) {
      current.items().forEachWhile(visitor);
    }

    @Override
    public void addListener(Consumer<Item> listener) {
      listeners.add(listener);
    }
  }
}
