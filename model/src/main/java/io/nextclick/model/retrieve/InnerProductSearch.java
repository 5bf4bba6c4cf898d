// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.retrieve;

import io.nextclick.model.kernel.Kernels;
import java.util.function.IntPredicate;

/**
 * Exact maximum inner product search: the rows of a matrix whose product with a query, plus the
 * row's bias, is highest. Every row is read, none is sorted but the best.
 */
public final class InnerProductSearch {

  /*
   * A search reads the whole matrix once, and that is what it costs: 256 MB for a million rows of
   * 64. So rows are taken in blocks by as many threads as there are to help, each with a heap of
   * its own for its best k; the heaps meet at the end. The order of keys is total, so the result
   * does not depend on who took what.
   */

  /** Rows that a thread takes at once: some megabytes, a fraction of a millisecond. */
  private static final int BLOCK = 1 << 14;

  /** Rows whose products are kept near before they are looked at. */
  private static final int TILE = 256;

  private final Kernels kernels;
  private final float[] rows; // (count + 1, dim); row 0 is never found
  private final float[] bias; // (count + 1,)
  private final int dim;
  private final int count;

  /**
   * A search of a matrix, which must not change.
   *
   * @param rows (count + 1, dim); row 0 is never found
   * @param bias (count + 1,)
   */
  public InnerProductSearch(Kernels kernels, float[] rows, float[] bias, int dim) {
    if (rows.length != Math.multiplyExact(bias.length, dim)) {
      throw new IllegalArgumentException(
          "rows=%d values, bias=%d, dim=%d".formatted(rows.length, bias.length, dim));
    }
    this.kernels = kernels;
    this.rows = rows;
    this.bias = bias;
    this.dim = dim;
    this.count = bias.length - 1;
  }

  /**
   * The best rows for a query (dim,), best first; of equals, the lower row first.
   *
   * @param accept asked only of rows that would be among the best so far; from any thread
   */
  public Retriever.Best search(float[] query, int k, IntPredicate accept, Parallelism parallelism) {
    TopK best = new TopK(Math.min(k, count));
    SharedBlocks.run(Math.ceilDiv(count, BLOCK), () -> new Scan(query, accept, best), parallelism);
    return best.best();
  }

  /** One thread's share. */
  private final class Scan implements SharedBlocks.Worker {

    private final float[] query;
    private final IntPredicate accept;
    private final TopK all;
    private final TopK own;
    private final float[] products = new float[TILE];

    Scan(float[] query, IntPredicate accept, TopK all) {
      this.query = query;
      this.accept = accept;
      this.all = all;
      this.own = new TopK(all.capacity());
    }

    @Override
    public void work(int block) {
      int end = Math.min(count, (block + 1) * BLOCK) + 1;
      for (int row = block * BLOCK + 1; row < end; row += TILE) {
        int length = Math.min(TILE, end - row);
        kernels.rowDots(rows, row, length, query, dim, products);
        for (int i = 0; i < length; i++) {
          products[i] += bias[row + i];
        }
        own.offer(products, length, row, accept);
      }
    }

    @Override
    public void close() {
      synchronized (all) {
        all.offer(own);
      }
    }
  }
}
