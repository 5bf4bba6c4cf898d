// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.encode;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Item ids of a model, each with its row: 1 to {@link #size()}. Row 0 is every unknown item. */
public final class Vocabulary {

  /** The row of every item that the model does not know. */
  public static final int UNKNOWN = 0;

  private final List<String> ids; // (size,) row r is ids[r - 1]
  private final Map<String, Integer> rows;

  /**
   * A vocabulary in the given order.
   *
   * @throws IllegalArgumentException if an id occurs twice
   */
  public Vocabulary(List<String> ids) {
    this.ids = List.copyOf(ids);
    this.rows = HashMap.newHashMap(ids.size());
    for (String id : this.ids) {
      if (rows.put(id, rows.size() + 1) != null) {
        throw new IllegalArgumentException("item occurs twice in the vocabulary: " + id);
      }
    }
  }

  /** Number of known items. */
  public int size() {
    return ids.size();
  }

  /** The row of an item, or {@link #UNKNOWN}. */
  public int row(String id) {
    return rows.getOrDefault(id, UNKNOWN);
  }

  /** The item of row {@code row}, 1 to {@link #size()}. */
  public String id(int row) {
    return ids.get(row - 1);
  }

  /** All ids in row order. */
  public List<String> ids() {
    return ids;
  }
}
