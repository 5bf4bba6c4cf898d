// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import io.nextclick.features.sequence.SourcePartition;
import java.io.IOException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** What operators ask to be passed over: asked by any thread, done by the one that reads. */
final class SkipRequests {

  private static final int MAX_WAITING = 16;
  private static final long PATIENCE_SECONDS = 10;

  private final BlockingQueue<Skip> waiting = new ArrayBlockingQueue<>(MAX_WAITING);

  private record Skip(
      SourcePartition partition, long from, long to, CompletableFuture<Void> done) {}

  /** Passes over offsets. */
  interface Reader {
    void skip(SourcePartition partition, long from, long to) throws IOException;
  }

  /**
   * Asks, and waits until it is done.
   *
   * @param status of the reading, for the message where nobody answers
   * @throws IOException if it cannot be; the message says why
   */
  void ask(SourcePartition partition, long from, long to, Supplier<IngestStatus> status)
      throws IOException, InterruptedException {
    Skip skip = new Skip(partition, from, to, new CompletableFuture<>());
    if (!waiting.offer(skip)) {
      throw new IOException("too many requests to skip wait");
    }
    try {
      skip.done().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      waiting.remove(skip);
      IngestStatus now = status.get();
      throw new IOException("nothing is read now: " + now.state() + ": " + now.reason(), e);
    } catch (ExecutionException e) {
      Throwable why = e.getCause();
      throw new IOException(why == null ? e.toString() : String.valueOf(why.getMessage()), e);
    }
  }

  /** Does what was asked. */
  void answer(Reader reader) {
    for (Skip skip = waiting.poll(); skip != null; skip = waiting.poll()) {
      try {
        reader.skip(skip.partition(), skip.from(), skip.to());
        skip.done().complete(null);
      } catch (IOException | RuntimeException e) {
        skip.done().completeExceptionally(e);
      }
    }
  }
}
