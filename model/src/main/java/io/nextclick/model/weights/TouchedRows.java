// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.weights;

import java.util.Arrays;

/** Which rows of a table's derivative may be other than zero. */
public final class TouchedRows {

  private final int width;
  private final boolean[] touched; // (rows of the table)
  private int[] rows = new int[1024];
  private int count;
  private boolean all;

  /**
   * None yet.
   *
   * @param tableRows rows of the table
   * @param width values of each
   */
  public TouchedRows(int tableRows, int width) {
    this.width = width;
    this.touched = new boolean[tableRows];
  }

  /** Values of a row. */
  public int width() {
    return width;
  }

  public void add(int row) {
    if (!all && !touched[row]) {
      touched[row] = true;
      if (count == rows.length) {
        rows = Arrays.copyOf(rows, 2 * count);
      }
      rows[count++] = row;
    }
  }

  public void addAll() {
    all = true;
  }

  /** Whether it is every row; {@link #count} and {@link #row} say nothing then. */
  public boolean all() {
    return all;
  }

  public int count() {
    return count;
  }

  /** The row touched as number {@code index}. */
  public int row(int index) {
    return rows[index];
  }

  public void clear() {
    for (int i = 0; i < count; i++) {
      touched[rows[i]] = false;
    }
    count = 0;
    all = false;
  }
}
