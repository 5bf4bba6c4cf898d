// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.sequence;

class HeapSequenceStoreTest extends AbstractSequenceStoreTest {

  @Override
  protected SequenceStore create(FoldSettings settings) {
    return new HeapSequenceStore(settings);
  }

  @Override
  protected int histories() {
    return 300;
  }
}
