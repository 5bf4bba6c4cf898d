// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.sequence;

class HeapRetentionTest extends AbstractRetentionTest {

  @Override
  protected SequenceStore create(FoldSettings settings) {
    return new HeapSequenceStore(settings);
  }

  @Override
  protected int histories() {
    return 300;
  }
}
