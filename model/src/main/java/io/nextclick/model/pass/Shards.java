// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.pass;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.ToIntFunction;

/**
 * Batches dealt into shards, two per thread, so that what comes of a batch does not depend on which
 * thread was faster: shard by shard it is always the same.
 *
 * @param <E> what a batch has
 */
public final class Shards<E> implements AutoCloseable {

  private static final int PER_THREAD = 2;

  private final int count;
  private final ToIntFunction<E> cost;
  private final ExecutorService threads;

  /**
   * @param threads that compute
   * @param cost of an example, about
   */
  public Shards(int threads, ToIntFunction<E> cost) {
    this.count = count(threads);
    this.cost = cost;
    this.threads =
        Executors.newFixedThreadPool(
            threads, Thread.ofPlatform().daemon().name("train-", 0).factory());
  }

  /** Shards of a batch, for a number of threads. */
  public static int count(int threads) {
    return threads == 1 ? 1 : PER_THREAD * threads;
  }

  /** The longest first, each to the shard with the least so far. */
  public List<List<E>> deal(List<E> batch) {
    List<List<E>> dealt = new ArrayList<>();
    long[] costs = new long[count];
    for (int p = 0; p < count; p++) {
      dealt.add(new ArrayList<>());
    }
    List<E> sorted = new ArrayList<>(batch);
    sorted.sort(Comparator.comparingInt(cost).reversed());
    for (E example : sorted) {
      int least = 0;
      for (int p = 1; p < costs.length; p++) {
        least = costs[p] < costs[least] ? p : least;
      }
      dealt.get(least).add(example);
      costs[least] += 1 + cost.applyAsInt(example);
    }
    return dealt;
  }

  /** Runs tasks on all threads; their results in the order of the tasks. */
  public <T> List<T> all(List<Callable<T>> tasks) {
    try {
      List<T> results = new ArrayList<>();
      for (Future<T> task : threads.invokeAll(tasks)) {
        results.add(task.get());
      }
      return results;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("training was interrupted", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
