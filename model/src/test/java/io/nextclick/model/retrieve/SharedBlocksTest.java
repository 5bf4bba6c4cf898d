// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.retrieve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;

class SharedBlocksTest {

  private final AtomicInteger made = new AtomicInteger();
  private final AtomicInteger closed = new AtomicInteger();

  @Test
  void run_severalThreads_workOnEveryBlockOnce() {
    try (var threads = Executors.newFixedThreadPool(4)) {
      for (int blocks = 0; blocks < 50; blocks++) {
        AtomicIntegerArray worked = new AtomicIntegerArray(Math.max(1, blocks));
        SharedBlocks.run(
            blocks, () -> worker(worked::incrementAndGet), new Parallelism(threads, 4));

        for (int block = 0; block < blocks; block++) {
          assertThat(worked.get(block)).as("block=%d of %d", block, blocks).isEqualTo(1);
        }
        assertThat(closed).hasValue(made.get());
      }
    }
  }

  @Test
  void run_aBlockFails_throwsWhenAllAreDone() {
    AtomicInteger worked = new AtomicInteger();
    IntConsumer work =
        block -> {
          worked.incrementAndGet();
          if (block == 3) {
            throw new IllegalStateException("planted");
          }
        };
    try (var threads = Executors.newFixedThreadPool(2)) {
      assertThatThrownBy(
              () -> SharedBlocks.run(10, () -> worker(work), new Parallelism(threads, 2)))
          .hasMessage("planted");
    }
    assertThat(worked).hasValue(10);
    assertThat(closed).hasValue(made.get());
  }

  private SharedBlocks.Worker worker(IntConsumer work) {
    made.incrementAndGet();
    return new SharedBlocks.Worker() {
      @Override
      public void work(int block) {
        work.accept(block);
      }

      @Override
      public void close() {
        closed.incrementAndGet();
      }
    };
  }
}
