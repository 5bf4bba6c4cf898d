// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.serve;

import io.nextclick.bench.serve.HttpConnection.Answer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Posts events at a rate, while probes look how soon an event of theirs changes their ranking. */
final class EventLoad implements AutoCloseable {

  private static final int USERS = 10_000;
  private static final int PROBES = 2;
  private static final int EVENTS_PER_PROBE = 2;
  private static final long PROBE_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
  private static final long PROBE_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final int MAX_OUTSTANDING = 1_000;
  private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(60);

  private final int port;
  private final int items;
  private final Connections connections;
  private final SplittableRandom random;
  private final AtomicLong ids = new AtomicLong();
  private final String candidates;
  private final AtomicReference<@Nullable String> firstFailure = new AtomicReference<>();

  EventLoad(int port, int items, long seed) {
    this.port = port;
    this.items = items;
    this.connections = new Connections(port);
    this.random = new SplittableRandom(seed);
    this.candidates =
        IntStream.rangeClosed(1, 20)
            .mapToObj(i -> "\"i" + i + "\"")
            .collect(Collectors.joining(",", "[", "]"));
  }

  /**
   * What one run counted; times are nanoseconds.
   *
   * @param rate events per second that were acknowledged
   * @param failed events that were not, and probes that saw no change
   * @param lag how late the generator itself was
   * @param acknowledged from the time at which an event should have been sent to Kafka's answer
   * @param changed from before a probe's post to a list that it has changed
   */
  record Result(
      double rate, long failed, Histogram lag, Histogram acknowledged, Histogram changed) {}

  /** Why the first event that failed did; null if none has. */
  @Nullable String firstFailure() {
    return firstFailure.get();
  }

  /** Waits until events are taken: the broker comes up behind the service. */
  void awaitPublished() throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    int status;
    do {
      status = connections.exchange(event("u0", random)).status();
      if (System.nanoTime() > end) {
        throw new IOException("the service takes no events: status " + status);
      }
      Thread.sleep(100);
    } while (status != 202);
  }

  /** Ranks for users who have histories by now: the first lists are made by cold code. */
  void warmUp(int lists) throws IOException {
    try (HttpConnection connection = new HttpConnection(port)) {
      for (int i = 0; i < lists; i++) {
        list(connection, rank("u" + i % USERS));
      }
    }
  }

  /** Posts at {@code rate} for {@code duration}, with probes. */
  Result run(double rate, Duration duration) throws InterruptedException {
    LongAdder failed = new LongAdder();
    Histogram changed = new ConcurrentHistogram(LONGEST_NANOS, 3);
    long end = System.nanoTime() + duration.toNanos();
    List<Thread> probes = new ArrayList<>();
    for (int i = 0; i < PROBES; i++) {
      SplittableRandom own = random.split();
      probes.add(Thread.ofPlatform().start(() -> probe(own, end, changed, failed)));
    }
    Result posted = post(rate, duration, failed, changed);
    for (Thread probe : probes) {
      probe.join();
    }
    return new Result(posted.rate, failed.sum(), posted.lag, posted.acknowledged, changed);
  }

  private Result post(double rate, Duration duration, LongAdder failed, Histogram changed)
      throws InterruptedException {
    Histogram lag = new ConcurrentHistogram(LONGEST_NANOS, 3);
    Histogram acknowledged = new ConcurrentHistogram(LONGEST_NANOS, 3);
    Semaphore outstanding = new Semaphore(MAX_OUTSTANDING);
    long start = System.nanoTime();
    double due = 0;
    while (due < duration.toNanos()) {
      due += -Math.log(1 - random.nextDouble()) / rate * 1e9;
      long intended = start + (long) due;
      byte[] request = event("u" + random.nextInt(USERS), random);
      for (long left = intended - System.nanoTime(); left > 0; ) {
        LockSupport.parkNanos(left);
        left = intended - System.nanoTime();
      }
      if (outstanding.tryAcquire()) {
        Thread.startVirtualThread(() -> {
          lag.recordValue(bounded(System.nanoTime() - intended));
          if (succeeds(request, 202, failed)) {
            acknowledged.recordValue(bounded(System.nanoTime() - intended));
          }
          outstanding.release();
        });
      } else {
        failed.increment();
      }
    }
    if (!outstanding.tryAcquire(MAX_OUTSTANDING, 15, TimeUnit.SECONDS)) {
      failed.increment();
    }
    double perSecond = acknowledged.getTotalCount() * 1e9 / duration.toNanos();
    return new Result(perSecond, 0, lag, acknowledged, changed);
  }

  private boolean succeeds(byte[] request, int status, LongAdder failed) {
    String why;
    try {
      int got = connections.exchange(request).status();
      if (got == status) {
        return true;
      }
      why = "status " + got;
    } catch (IOException e) {
      why = e.toString();
    }
    failed.increment();
    firstFailure.compareAndSet(null, why);
    return false;
  }

  /** One user after another: the first event makes a history, the second one makes it longer. */
  private void probe(SplittableRandom own, long end, Histogram changed, LongAdder failed) {
    try (HttpConnection connection = new HttpConnection(port)) {
      while (System.nanoTime() < end) {
        String user = "probe-" + ids.incrementAndGet();
        byte[] rank = rank(user);
        for (int i = 0; i < EVENTS_PER_PROBE; i++) {
          long nanos = untilChanged(connection, rank, list(connection, rank), event(user, own));
          if (nanos < 0) {
            failed.increment();
          } else {
            changed.recordValue(bounded(nanos));
          }
        }
        LockSupport.parkNanos(PROBE_PAUSE_NANOS);
      }
    } catch (IOException e) {
      failed.increment();
    }
  }

  /** Nanoseconds from before the post until the list is another; -1 if it stays. */
  private static long untilChanged(
      HttpConnection connection, byte[] rank, String before, byte[] event) throws IOException {
    long start = System.nanoTime();
    if (connection.exchange(event).status() != 202) {
      return -1;
    }
    while (list(connection, rank).equals(before)) {
      if (System.nanoTime() - start > PROBE_LIMIT_NANOS) {
        return -1;
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
    return System.nanoTime() - start;
  }

  /** The items of the answer with their scores, as they stand in it. */
  private static String list(HttpConnection connection, byte[] rank) throws IOException {
    Answer answer = connection.exchange(rank);
    String body = connection.body();
    int from = body.indexOf("\"items\":[");
    if (answer.status() != 200 || from < 0) {
      throw new IOException("status " + answer.status() + ": " + body);
    }
    return body.substring(from, body.indexOf(']', from));
  }

  private byte[] event(String user, SplittableRandom own) {
    String body =
        "{\"id\":\"e%d\",\"action\":\"click\",\"user\":\"%s\",\"item\":\"i%d\",\"time\":%d}"
            .formatted(
                ids.incrementAndGet(), user, own.nextInt(items) + 1, System.currentTimeMillis());
    return request("/v1/events", body);
  }

  /** By the model, whatever it knows of the user: the list of a fallback would change by itself. */
  private byte[] rank(String user) {
    return request(
        "/v1/rank",
        "{\"user\":\"%s\",\"model\":\"fresh\",\"candidates\":%s}".formatted(user, candidates));
  }

  private static byte[] request(String path, String body) {
    String head =
        "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d"
            .formatted(path, body.length());
    return (head + "\r\n\r\n" + body).getBytes(StandardCharsets.US_ASCII);
  }

  private static long bounded(long nanos) {
    return Math.clamp(nanos, 0, LONGEST_NANOS);
  }

  @Override
  public void close() {
    connections.close();
  }
}
