// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

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
    boolean several = store.partitions().size() > 1;
    try {
      store.forEachStored((partition, user, value) -> {
        visited = ++count[0];
        // A topic that grew has some users in two partitions: the newer one counts.
        if (several && !partition.equals(store.get(user).partition())) {
          return;
        }
        try {
          visitor.visit(new InputRow.Stored(visited, user, partition, value));
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
