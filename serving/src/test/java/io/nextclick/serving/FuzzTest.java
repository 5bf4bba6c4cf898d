// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.sun.management.UnixOperatingSystemMXBean;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/**
 * Requests that nobody would send, over sockets, to a service with a broker and a model: no fault
 * of ours, no connection that hangs, no memory, thread or file kept, no user id in the log. {@code
 * -Dnextclick.fuzz=100000} sends as many; {@code -Dnextclick.fuzz.seed=N} sends others.
 */
@Timeout(1_800)
class FuzzTest {

  private static final int REQUESTS = Integer.getInteger("nextclick.fuzz", 4_000);
  private static final long SEED = Long.getLong("nextclick.fuzz.seed", 20_261_123);
  private static final int CLIENTS = 4;
  private static final String CANARY = "canary-51c9";
  private static final long SLACK_BYTES = 32L << 20;
  private static final int SLACK_HANDLES = 64;
  private static final int SLACK_THREADS = 64; // of Jetty's pool, idle
  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.1 (\\d{3}) ");

  @TempDir private Path directory;

  @Test
  void requests_ofAllKinds_areAnsweredAndForgotten() throws Exception {
    RandomModel.publish(directory.resolve("models"), "v1", 50, 1);
    String yaml =
        """
        kafka: {servers: embedded, port: 0, directory: "%s"}
        model: {directory: "%s", active: shop/v1, backend: vector}
        answers: {sample: 1, maxTotal: 8MiB, maxFile: 1MiB, window: 1s, grace: 1s}
        requests: {maxBody: 64KiB, maxWait: 10s}\
        """
            .formatted(directory.resolve("kafka"), directory.resolve("models"));
    ListAppender<ILoggingEvent> logged = new ListAppender<>();
    Map<Integer, Integer> statuses = new TreeMap<>();
    try (RunningService service = RunningService.start(directory, yaml)) {
      logged.start(); // the start sets logging up anew
      root().addAppender(logged);
      await().atMost(60, SECONDS).until(() -> service.admin("/ready").body().contains("RUNNING"));
      int warm = Math.max(1_000, REQUESTS / 10);
      send(service.port(), warm, SEED - 1, new TreeMap<>());
      long before = used();
      int threads = Thread.activeCount();
      long handles = openFiles();
      send(service.port(), REQUESTS, SEED, statuses);
      long after = used();
      assertThat(openFiles()).as("open files").isLessThan(handles + SLACK_HANDLES);
      assertThat(Thread.activeCount())
          .as("threads")
          .isBetween(threads - SLACK_THREADS, threads + SLACK_THREADS);
      System.out.printf(
          "fuzz: seed=%d, %,d requests, statuses=%s, memory %,d kB, then %,d kB%n",
          SEED, REQUESTS, statuses, before >> 10, after >> 10);
      assertThat(after).as("bytes on the heap and in buffers").isLessThan(before + SLACK_BYTES);
      assertThat(service.admin("/ready").statusCode()).isEqualTo(200);
    } finally {
      root().detachAppender(logged);
    }
    assertThat(statuses.keySet()).contains(200, 400, 404).allMatch(status -> status < 500);
    assertThat(logged.list)
        .allSatisfy(line -> assertThat(line.getFormattedMessage()).doesNotContain(CANARY))
        .noneMatch(line -> line.getLevel().isGreaterOrEqual(Level.ERROR));
  }

  private static void send(int port, int requests, long seed, Map<Integer, Integer> statuses)
      throws Exception {
    List<Callable<Map<Integer, Integer>>> clients = new ArrayList<>();
    for (int c = 0; c < CLIENTS; c++) {
      SplittableRandom random = new SplittableRandom(seed * CLIENTS + c);
      clients.add(() -> client(port, requests / CLIENTS, random));
    }
    try (var threads = Executors.newFixedThreadPool(CLIENTS)) {
      for (Future<Map<Integer, Integer>> client : threads.invokeAll(clients)) {
        client.get().forEach((status, count) -> statuses.merge(status, count, Integer::sum));
      }
    }
  }

  private static Map<Integer, Integer> client(int port, int requests, SplittableRandom random)
      throws IOException {
    Map<Integer, Integer> statuses = new TreeMap<>();
    for (int i = 0; i < requests; i++) {
      byte[] request = new RandomRequest(random, CANARY).bytes();
      String answer = exchange(port, request);
      Matcher matcher = STATUS.matcher(answer);
      int status = matcher.find() ? Integer.parseInt(matcher.group(1)) : 0;
      // A version that HTTP does not have: 505 is the client's fault.
      assertThat(status == 505 ? 400 : status)
          .as("%s%n%s", new String(request, StandardCharsets.ISO_8859_1), answer)
          .isLessThan(500);
      statuses.merge(status == 505 ? 400 : status, 1, Integer::sum);
    }
    return statuses;
  }

  /** Sends, says that this was all, and reads until the service closes: else it hangs. */
  private static String exchange(int port, byte[] request) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      socket.setSoTimeout(20_000);
      OutputStream out = socket.getOutputStream();
      ByteArrayOutputStream answer = new ByteArrayOutputStream();
      try {
        out.write(request);
        out.flush();
        socket.shutdownOutput();
        socket.getInputStream().transferTo(answer);
      } catch (SocketTimeoutException e) {
        throw new AssertionError("hangs: " + new String(request, StandardCharsets.ISO_8859_1), e);
      } catch (SocketException refused) {
        // Refused before all was sent: what was answered counts.
        return answer.toString(StandardCharsets.ISO_8859_1);
      }
      return answer.toString(StandardCharsets.ISO_8859_1);
    }
  }

  private static long used() throws InterruptedException {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 5; i++) {
      System.gc();
      Thread.sleep(500);
      long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
      long buffers =
          ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
              .mapToLong(BufferPoolMXBean::getMemoryUsed)
              .sum();
      least = Math.min(least, heap + buffers);
    }
    return least;
  }

  private static long openFiles() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
        ? system.getOpenFileDescriptorCount()
        : 0;
  }

  private static Logger root() {
    return (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  }
}
