// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.store;

import io.nextclick.features.sequence.SourcePartition;

/** Sees stored values as they are. */
public interface StoredVisitor {
  void visit(SourcePartition partition, String user, byte[] value);
}
