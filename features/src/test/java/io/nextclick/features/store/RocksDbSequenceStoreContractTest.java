// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.store;

import io.nextclick.features.sequence.AbstractSequenceStoreTest;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.SequenceStore;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class RocksDbSequenceStoreContractTest extends AbstractSequenceStoreTest {

  @TempDir private Path directory;
  private int stores;

  @Override
  protected SequenceStore create(FoldSettings settings) throws IOException {
    return RocksDbSequenceStore.open(directory.resolve("store-" + stores++), settings);
  }

  @Override
  protected int histories() {
    return 40;
  }
}
