// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.replay;

import io.nextclick.features.event.Event;
import io.nextclick.ingest.kafka.client.EventPublisher;
import io.nextclick.ingest.log.EventLogReader;
import io.nextclick.ingest.log.LogLine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Publishes a log file to Kafka, at least once: a mark on disk says which lines the broker has
 * acknowledged, and a run that was interrupted goes on there. What is sent twice falls to the
 * dedupe window of the fold.
 */
public final class KafkaReplay {

  private static final int CHUNK = 5_000;
  private static final long CHUNK_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final EventPublisher publisher;
  private final ReplaySpeed speed;
  private final Consumer<ReplayProgress> listener;

  /**
   * @param listener told whenever the mark has moved
   */
  public KafkaReplay(
      EventPublisher publisher, ReplaySpeed speed, Consumer<ReplayProgress> listener) {
    this.publisher = publisher;
    this.speed = speed;
    this.listener = listener;
  }

  /**
   * Publishes what earlier runs have not published of {@code log}. Lines that are no events are
   * counted and left out.
   *
   * @param markFile where the number of acknowledged lines is kept
   * @throws IOException if the log cannot be read or is not the one that the mark speaks of, the
   *     mark cannot be kept, or Kafka does not acknowledge; the mark then says where to go on
   */
  public ReplayProgress run(Path log, Path markFile) throws IOException, InterruptedException {
    ReplayMark mark = new ReplayMark(markFile);
    try (EventLogReader reader = EventLogReader.open(log)) {
      return new Run(reader, mark, mark.read(), mark.skip(reader)).run();
    }
  }

  private final class Run {
    private final EventLogReader reader;
    private final ReplayMark mark;
    private final long skipped;
    private final long start = System.nanoTime();
    private final List<CompletableFuture<?>> sent = new ArrayList<>(CHUNK);
    private long lastMark = start;
    private @Nullable LogLine last; // read and sent, or refused
    private ReplayMark.Done done;
    private long refused;
    private long firstMillis = Long.MIN_VALUE;

    Run(EventLogReader reader, ReplayMark mark, ReplayMark.Done done, long skipped) {
      this.done = done;
      this.reader = reader;
      this.mark = mark;
      this.skipped = skipped;
    }

    ReplayProgress run() throws IOException, InterruptedException {
      LogLine line;
      while ((line = reader.next()) != null) {
        if (line.decoded() instanceof Event event) {
          awaitTurn(event);
          sent.add(publisher.publish(event));
        } else {
          refused++;
        }
        last = line;
        if (sent.size() >= CHUNK || System.nanoTime() - lastMark > CHUNK_NANOS) {
          acknowledge();
        }
      }
      acknowledge();
      return progress(reader.lines());
    }

    /** Waits until the event is due; what was sent before is acknowledged meanwhile. */
    private void awaitTurn(Event event) throws IOException, InterruptedException {
      if (firstMillis == Long.MIN_VALUE) {
        firstMillis = event.timeMillis();
      }
      long due = start + speed.dueNanos(firstMillis, event.timeMillis());
      if (due - System.nanoTime() > CHUNK_NANOS) {
        acknowledge();
      }
      TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
    }

    private void acknowledge() throws IOException, InterruptedException {
      publisher.flush();
      for (CompletableFuture<?> one : sent) {
        try {
          one.get();
        } catch (ExecutionException e) {
          throw new IOException("Kafka did not take an event: " + e.getCause(), e.getCause());
        }
      }
      sent.clear();
      if (last != null) {
        done = ReplayMark.Done.of(last.number(), last.value());
      }
      mark.write(done);
      lastMark = System.nanoTime();
      listener.accept(progress(done.lines()));
    }

    private ReplayProgress progress(long lines) throws IOException {
      return new ReplayProgress(
          lines,
          skipped,
          refused,
          reader.bytesRead(),
          reader.size(),
          (System.nanoTime() - start) / 1e9);
    }
  }
}
