// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.serve;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nextclick.bench.serve.HttpConnection.Answer;
import io.nextclick.features.json.Json;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Sends ranking requests to one service: at a rate that does not depend on the answers (open loop,
 * Poisson arrivals), or over and over (closed loop).
 */
final class Load implements Clients, AutoCloseable {

  /** Requests on their way at most; in an open loop, arrivals beyond are counted as failed. */
  private static final int MAX_OUTSTANDING = 1_000;

  private static final long DRAIN_SECONDS = 15;
  private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(60);

  private static final JsonMapper JSON = Json.mapper().build();

  private final int port;
  private final Connections connections;
  private final byte[][] requests; // by user
  private final Zipf users;
  private final SplittableRandom random;

  /**
   * @param requests one whole HTTP request per user, the most frequent user first
   */
  Load(int port, byte[][] requests, long seed) {
    this.port = port;
    this.connections = new Connections(port);
    this.requests = requests;
    this.users = new Zipf(requests.length);
    this.random = new SplittableRandom(seed);
  }

  /** What one run counted. Good answers have status 200 and come from the first model. */
  private static final class Tally {
    final Histogram latency = histogram();
    final Histogram lag = histogram();
    final LongAdder good = new LongAdder();
    final LongAdder refused = new LongAdder();
    final LongAdder failed = new LongAdder();

    private static Histogram histogram() {
      return new ConcurrentHistogram(LONGEST_NANOS, 3);
    }

    void count(Answer answer) {
      if (answer.status() == 200 && !answer.fallback()) {
        good.increment();
      } else if (answer.status() == 503 || answer.status() == 429) {
        refused.increment();
      } else {
        failed.increment();
      }
    }
  }

  /** Asks once for each of the first users. */
  void visit(int count) throws IOException {
    for (int user = 0; user < count; user++) {
      connections.exchange(requests[user]);
    }
  }

  @Override
  public double closedLoop(int clients, Duration duration, int most)
      throws IOException, InterruptedException {
    AtomicInteger answered = new AtomicInteger();
    AtomicReference<@Nullable IOException> failure = new AtomicReference<>();
    long start = System.nanoTime();
    long end = start + duration.toNanos();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < clients; i++) {
      SplittableRandom own = random.split();
      threads.add(
          Thread.startVirtualThread(() -> {
            try {
              while (System.nanoTime() < end && answered.get() < most) {
                connections.exchange(requests[users.draw(own)]);
                answered.incrementAndGet();
              }
            } catch (IOException e) {
              failure.set(e);
            }
          }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    IOException failed = failure.get();
    if (failed != null) {
      throw failed;
    }
    return answered.get() * 1e9 / (System.nanoTime() - start);
  }

  /** The scores of one user's list, best first. */
  double[] scores(int user) throws IOException {
    try (HttpConnection connection = new HttpConnection(port)) {
      Answer answer = connection.exchange(requests[user]);
      if (answer.status() != 200) {
        throw new IOException("status " + answer.status() + ": " + connection.body());
      }
      List<Double> found = new ArrayList<>();
      JSON.readTree(connection.body())
          .path("items")
          .forEach(item -> found.add(item.path("score").doubleValue()));
      return found.stream().mapToDouble(Double::doubleValue).toArray();
    }
  }

  /** How many items of one user's page have a probability at their place. */
  int placed(int user) throws IOException {
    try (HttpConnection connection = new HttpConnection(port)) {
      connection.exchange(requests[user]);
      return JSON.readTree(connection.body()).path("items").findValues("placeProbability").size();
    }
  }

  @Override
  public LoadResult openLoop(double rate, Duration duration) throws InterruptedException {
    Tally tally = new Tally();
    Semaphore outstanding = new Semaphore(MAX_OUTSTANDING);
    long start = System.nanoTime();
    double due = 0;
    long sent = 0;
    while (true) {
      due += -Math.log(1 - random.nextDouble()) / rate * 1e9;
      if (due >= duration.toNanos()) {
        break;
      }
      long intended = start + (long) due;
      byte[] request = next();
      awaitTime(intended);
      sent++;
      if (outstanding.tryAcquire()) {
        Thread.startVirtualThread(() -> send(request, intended, tally, outstanding));
      } else {
        tally.failed.increment();
      }
    }
    boolean drained = outstanding.tryAcquire(MAX_OUTSTANDING, DRAIN_SECONDS, TimeUnit.SECONDS);
    return result(rate, duration, sent, tally, drained);
  }

  private static LoadResult result(
      double rate, Duration duration, long sent, Tally tally, boolean drained) {
    double seconds = duration.toNanos() / 1e9;
    return new LoadResult(
        rate,
        sent / seconds,
        tally.good.sum() / seconds,
        tally.refused.sum() / seconds,
        tally.failed.sum() + (drained ? 0 : 1),
        millis(tally.latency, 50),
        millis(tally.latency, 99),
        millis(tally.latency, 99.9),
        millis(tally.lag, 99));
  }

  private void send(byte[] request, long intended, Tally tally, Semaphore outstanding) {
    try {
      tally.lag.recordValue(bounded(System.nanoTime() - intended));
      Answer answer = connections.exchange(request);
      tally.count(answer);
      if (answer.status() == 200) {
        tally.latency.recordValue(bounded(System.nanoTime() - intended));
      }
    } catch (IOException e) {
      tally.failed.increment();
    } finally {
      outstanding.release();
    }
  }

  private byte[] next() {
    return requests[users.draw(random)];
  }

  private static void awaitTime(long nanoTime) {
    long left = nanoTime - System.nanoTime();
    while (left > 0) {
      LockSupport.parkNanos(left);
      left = nanoTime - System.nanoTime();
    }
  }

  private static long bounded(long nanos) {
    return Math.clamp(nanos, 0, LONGEST_NANOS);
  }

  private static double millis(Histogram nanos, double percentile) {
    return nanos.getValueAtPercentile(percentile) / 1e6;
  }

  @Override
  public void close() {
    connections.close();
  }
}
