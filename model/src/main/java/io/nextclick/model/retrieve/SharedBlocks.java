// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.retrieve;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One piece of work whose blocks are taken by whoever is free. The calling thread takes blocks too,
 * so nobody waits for a helper that never starts; one that comes late finds nothing.
 */
public final class SharedBlocks {

  /** What one thread needs to work on blocks; made when it has a block to take. */
  public interface Worker extends AutoCloseable {

    /** Works on block {@code block}. */
    void work(int block);

    /** This thread takes no more blocks. Called before {@link SharedBlocks#run} returns. */
    @Override
    void close();
  }

  private final int blocks;
  private final Supplier<? extends Worker> workers;
  private final AtomicInteger next = new AtomicInteger();
  private final CountDownLatch open;
  private final AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();

  private SharedBlocks(int blocks, Supplier<? extends Worker> workers) {
    this.blocks = blocks;
    this.workers = workers;
    this.open = new CountDownLatch(blocks);
  }

  /**
   * Works on blocks 0 to {@code blocks} and returns when all are done.
   *
   * @param workers makes a worker for each thread that takes part
   * @throws RuntimeException what a worker threw first
   */
  public static void run(int blocks, Supplier<? extends Worker> workers, Parallelism parallelism) {
    new SharedBlocks(blocks, workers).run(parallelism);
  }

  private void run(Parallelism parallelism) {
    try {
      for (int i = 0; i < Math.min(parallelism.threads(), blocks - 1); i++) {
        parallelism.executor().execute(this::takeBlocks);
      }
    } catch (RejectedExecutionException e) {
      // No thread is free: this one does the work.
    }
    takeBlocks();
    awaitOthers();
    RuntimeException failed = failure.get();
    if (failed != null) {
      throw failed;
    }
  }

  private void takeBlocks() {
    int block = next.getAndIncrement();
    if (block >= blocks) {
      return;
    }
    int taken = 1;
    try (Worker worker = workers.get()) {
      work(worker, block);
      for (block = next.getAndIncrement(); block < blocks; block = next.getAndIncrement()) {
        taken++;
        work(worker, block);
      }
    } finally {
      for (; taken > 0; taken--) {
        open.countDown();
      }
    }
  }

  private void work(Worker worker, int block) {
    try {
      worker.work(block);
    } catch (RuntimeException e) {
      failure.compareAndSet(null, e);
    }
  }

  /** Only blocks that somebody has begun are still open; each takes about a millisecond. */
  private void awaitOthers() {
    boolean interrupted = false;
    while (open.getCount() > 0) {
      try {
        open.await();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
