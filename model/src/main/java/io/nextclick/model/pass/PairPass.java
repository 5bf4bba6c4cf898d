// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.pass;

import static io.nextclick.model.kernel.TrainingKernels.ensureCapacity;

import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.pass.SpanAttention.Span;
import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.LinearPass;
import io.nextclick.model.weights.Parameters;
import java.util.Arrays;

/**
 * What the history and the items before it on a page do to an item's logit: its query's dot product
 * with the sum of their keys.
 */
final class PairPass {

  private final TrainingKernels kernels;
  private final int dim;
  private final LinearPass query;
  private final LinearPass key;
  private final LinearPass history;
  private float[] queries = {}; // (rows, dim)
  private float[] keys = {}; // (rows, dim)
  private float[] sums = {}; // (rows, dim) of the keys before each row
  private float[] dQueries = {};
  private float[] dKeys = {};
  private float[] last = {}; // (pages, dim) the history's last entry
  private float[] begins = {}; // (pages, dim) the sums' beginning
  private float[] dBegins = {};
  private float[] dLast = {};

  PairPass(TrainingKernels kernels, Parameters parameters, int dim) {
    this.kernels = kernels;
    this.dim = dim;
    this.query = new LinearPass(kernels, parameters, "pair.query", dim, dim);
    this.history = new LinearPass(kernels, parameters, "pair.history", dim, dim);
    this.key = new LinearPass(kernels, parameters, "pair.key", dim, dim);
  }

  void renew() {
    query.renew();
    key.renew();
    history.renew();
  }

  /**
   * Fills {@code logits} (rows) for the vectors {@code items} (rows, dim).
   *
   * @param memory (tokens, dim) of the histories
   */
  void forward(PageSpans pages, float[] items, float[] memory, double[] logits) {
    int rows = pages.rows();
    reserve(rows * dim, pages.placed().size() * dim);
    query.forward(items, rows, queries);
    key.forward(items, rows, keys);
    for (int p = 0; p < pages.history().size(); p++) {
      System.arraycopy(memory, lastRow(pages, p) * dim, last, p * dim, dim);
    }
    history.forward(last, pages.history().size(), begins);
    for (int p = 0; p < pages.placed().size(); p++) {
      Span page = pages.placed().get(p);
      for (int r = page.row(); r < page.row() + page.rows(); r++) {
        if (r > page.row()) {
          System.arraycopy(sums, (r - 1) * dim, sums, r * dim, dim);
          kernels.addScaled(sums, r * dim, keys, (r - 1) * dim, dim, 1);
        } else if (pages.history().get(p).keys() > 0) {
          System.arraycopy(begins, p * dim, sums, r * dim, dim);
        } else {
          Arrays.fill(sums, r * dim, (r + 1) * dim, 0);
        }
        logits[r] = kernels.dot(queries, r * dim, sums, r * dim, dim);
      }
    }
  }

  /** The row of what a page's history ends with; any row where there is none. */
  private static int lastRow(PageSpans pages, int page) {
    Span history = pages.history().get(page);
    return history.key() + Math.max(0, history.keys() - 1);
  }

  /**
   * Adds the derivatives; must follow {@link #forward}.
   *
   * @param slope (rows) by the logits
   * @param dMemory (tokens, dim) is added to
   * @param dItems (rows, dim) is overwritten
   * @param scratch for the maps
   */
  void backward(
      PageSpans pages,
      float[] items,
      float[] slope,
      float[] dMemory,
      float[] dItems,
      Gradient gradient,
      float[] scratch) {
    int rows = pages.rows();
    Arrays.fill(dQueries, 0, rows * dim, 0);
    for (int p = 0; p < pages.placed().size(); p++) {
      Span page = pages.placed().get(p);
      Arrays.fill(dBegins, p * dim, (p + 1) * dim, 0);
      for (int r = page.row() + page.rows() - 1; r >= page.row(); r--) {
        kernels.addScaled(dQueries, r * dim, sums, r * dim, dim, slope[r]);
        System.arraycopy(dBegins, p * dim, dKeys, r * dim, dim);
        kernels.addScaled(dBegins, p * dim, queries, r * dim, dim, slope[r]);
      }
      if (pages.history().get(p).keys() == 0) {
        Arrays.fill(dBegins, p * dim, (p + 1) * dim, 0);
      }
    }
    query.backward(items, dQueries, rows, dItems, false, gradient, scratch);
    key.backward(items, dKeys, rows, dItems, true, gradient, scratch);
    int count = pages.history().size();
    history.backward(last, dBegins, count, dLast, false, gradient, scratch);
    for (int p = 0; p < count; p++) {
      kernels.addScaled(dMemory, lastRow(pages, p) * dim, dLast, p * dim, dim, 1);
    }
  }

  private void reserve(int size, int pages) {
    queries = ensureCapacity(queries, size);
    keys = ensureCapacity(keys, size);
    sums = ensureCapacity(sums, size);
    dQueries = ensureCapacity(dQueries, size);
    dKeys = ensureCapacity(dKeys, size);
    last = ensureCapacity(last, pages);
    begins = ensureCapacity(begins, pages);
    dBegins = ensureCapacity(dBegins, pages);
    dLast = ensureCapacity(dLast, pages);
  }
}
