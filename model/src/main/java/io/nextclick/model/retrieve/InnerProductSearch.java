// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.retrieve;

import io.nextclick.model.kernel.Kernels;
import java.util.Arrays;
import java.util.List;
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
  private final List<Matrix> matrices;
  private final float[] bias; // (count + 1,)
  private final int count;

  /**
   * Vectors of all items, which must not change.
   *
   * @param rows (count + 1, dim); row 0 is never found
   * @param dim at least 1
   */
  public record Matrix(float[] rows, int dim) {}

  /**
   * Items whose scores are no plain products, and are known before the search.
   *
   * @param rows ascending
   * @param scores (rows,)
   */
  public record Known(int[] rows, float[] scores) {}

  /** What is added to the products of all items, computed of each by itself. */
  public interface Addend {
    /** Adds to the scores of rows {@code row} on, {@code length} of them. */
    void addToRows(int row, int length, float[] scores);
  }

  /** What becomes of the sums of all items, of each by itself. */
  public interface Mix {
    /** Changes the scores of rows {@code row} on, {@code length} of them. */
    void mixRows(int row, int length, float[] scores);
  }

  /**
   * A search among items whose score is the sum of their products in every matrix, and their bias.
   *
   * @param bias (count + 1,)
   */
  public InnerProductSearch(Kernels kernels, List<Matrix> matrices, float[] bias) {
    for (Matrix matrix : matrices) {
      if (matrix.rows.length != Math.multiplyExact(bias.length, matrix.dim)) {
        throw new IllegalArgumentException(
            "rows=%d values, bias=%d, dim=%d"
                .formatted(matrix.rows.length, bias.length, matrix.dim));
      }
    }
    this.kernels = kernels;
    this.matrices = List.copyOf(matrices);
    this.bias = bias;
    this.count = bias.length - 1;
  }

  /**
   * The best rows for a query, best first; of equals, the lower row first.
   *
   * @param query (dim,) for each matrix; those of the last ones may be missing, and count 0
   * @param addends what is added to the products
   * @param mixes what becomes of the sums, one after the other
   * @param known what takes the place of some items' scores
   * @param accept asked only of rows that would be among the best so far; from any thread
   */
  public Retriever.Best search(
      float[][] query,
      List<? extends Addend> addends,
      List<? extends Mix> mixes,
      Known known,
      int k,
      IntPredicate accept,
      Parallelism parallelism) {
    TopK best = new TopK(Math.min(k, count));
    SharedBlocks.run(
        Math.ceilDiv(count, BLOCK),
        () -> new Scan(query, addends, mixes, known, accept, best),
        parallelism);
    return best.best();
  }

  /** One thread's share. */
  private final class Scan implements SharedBlocks.Worker {

    private final float[][] query;
    private final List<? extends Addend> addends;
    private final List<? extends Mix> mixes;
    private final Known known;
    private final IntPredicate accept;
    private final TopK all;
    private final TopK own;
    private final float[] scores = new float[TILE];
    private final float[] products = new float[TILE];

    Scan(
        float[][] query,
        List<? extends Addend> addends,
        List<? extends Mix> mixes,
        Known known,
        IntPredicate accept,
        TopK all) {
      this.query = query;
      this.addends = addends;
      this.mixes = mixes;
      this.known = known;
      this.accept = accept;
      this.all = all;
      this.own = new TopK(all.capacity());
    }

    @Override
    public void work(int block) {
      int end = Math.min(count, (block + 1) * BLOCK) + 1;
      int next = firstKnown(block * BLOCK + 1);
      for (int row = block * BLOCK + 1; row < end; row += TILE) {
        int length = Math.min(TILE, end - row);
        score(row, length);
        for (; next < known.rows.length && known.rows[next] < row + length; next++) {
          scores[known.rows[next] - row] = known.scores[next];
        }
        own.offer(scores, length, row, accept);
      }
    }

    private int firstKnown(int row) {
      int found = Arrays.binarySearch(known.rows, row);
      return found < 0 ? -found - 1 : found;
    }

    private void score(int row, int length) {
      Matrix first = matrices.getFirst();
      kernels.rowDots(first.rows, row, length, query[0], first.dim, scores);
      for (int i = 0; i < length; i++) {
        scores[i] += bias[row + i];
      }
      for (Addend addend : addends) {
        addend.addToRows(row, length, scores);
      }
      for (int m = 1; m < query.length; m++) {
        Matrix matrix = matrices.get(m);
        kernels.rowDots(matrix.rows, row, length, query[m], matrix.dim, products);
        for (int i = 0; i < length; i++) {
          scores[i] += products[i];
        }
      }
      for (Mix mix : mixes) {
        mix.mixRows(row, length, scores);
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
