// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.store;

import io.nextclick.features.rocksdb.RocksDatabase;
import io.nextclick.features.sequence.FoldSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;

/**
 * A store with the bug that the one batch is there to prevent: the offset in a batch of its own. A
 * crash test must go red on it.
 */
public final class SplitOffsetStore extends RocksDbSequenceStore {

  private final Runnable between;

  /**
   * Opens the store.
   *
   * @param between called when the sequences are written and the offset is not
   */
  public SplitOffsetStore(Path path, FoldSettings settings, Runnable between) throws IOException {
    super(path, settings, Failpoints.NONE, new Random(1));
    this.between = between;
  }

  @Override
  void write(RocksDatabase into, BatchChanges changes) {
    into.write(changes::putState);
    between.run();
    into.write(changes::putPosition);
  }
}
