// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import io.nextclick.features.sequence.SequenceCodec;
import io.nextclick.features.sequence.StoredSequence;
import io.nextclick.features.store.RocksDbSequenceStore;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Every user of a store, in key order. */
public final class StoredUsers implements UserSource {

  private final RocksDbSequenceStore store;
  private volatile long total;
  private volatile long visited;

  public StoredUsers(RocksDbSequenceStore store) {
    this.store = store;
  }

  @Override
  public String identity() {
    return "all users of the state";
  }

  @Override
  public void forEach(Visitor visitor) throws IOException {
    total = store.estimatedUsers();
    long[] count = new long[1];
    boolean several = store.partitions().size() > 1 || store.settings().retention().isOn();
    try {
      store.forEachStored((partition, user, value) -> {
        visited = ++count[0];
        byte[] whole = value;
        if (several) {
          // A topic that grew has some users in two partitions: they come once, with the newer one.
          // Those whom the retention has forgotten do not come.
          StoredSequence stored = store.get(user);
          if (!partition.equals(stored.partition())) {
            return;
          }
          if (stored.version() != SequenceCodec.version(value)) {
            whole = SequenceCodec.encode(user, stored.sequence());
          }
        }
        try {
          visitor.visit(new InputRow.Stored(visited, user, partition, whole));
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  @Override
  public double done() {
    return total == 0 ? 0 : Math.min(1, (double) visited / total);
  }
}
