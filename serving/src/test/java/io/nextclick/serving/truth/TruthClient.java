// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.truth;

import com.fasterxml.jackson.databind.JsonNode;
import io.nextclick.serving.truth.Sender.Acknowledged;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Asks services all the time, and compares what each answer says of its age with what was
 * acknowledged before.
 */
final class TruthClient implements AutoCloseable {

  private static final int MAX_KEPT = 20;

  private final Sender sender;
  private final List<ServiceProcess> services;
  private final Random random;
  private final List<String> lies = Collections.synchronizedList(new ArrayList<>());
  private final Map<String, Long> erased = new ConcurrentHashMap<>();
  private final Set<String> erasing = ConcurrentHashMap.newKeySet();
  private final AtomicLong answers = new AtomicLong();
  private final AtomicLong aged = new AtomicLong();
  private final AtomicLong notOwned = new AtomicLong();
  private final AtomicLong lieCount = new AtomicLong();
  private final List<Long> ages = Collections.synchronizedList(new ArrayList<>());
  private final Thread thread = Thread.ofPlatform().name("truth").unstarted(this::run);
  private volatile boolean stopped;

  TruthClient(Sender sender, List<ServiceProcess> services, long seed) {
    this.sender = sender;
    this.services = services;
    this.random = new Random(seed);
  }

  void start() {
    thread.start();
  }

  private void run() {
    try {
      while (!stopped) {
        ServiceProcess service = services.get(random.nextInt(services.size()));
        String user =
            erased.isEmpty() || random.nextInt(4) > 0
                ? sender.someUser(random)
                : List.copyOf(erased.keySet()).get(random.nextInt(erased.size()));
        ask(service, user);
        TimeUnit.MILLISECONDS.sleep(2);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Asks once. */
  private void ask(ServiceProcess service, String user) throws InterruptedException {
    try {
      boolean ranks = random.nextInt(4) > 0;
      long start = System.nanoTime();
      HttpResponse<String> response = ranks ? service.rank(user) : service.user("GET", user, "");
      if (response.statusCode() == 200) {
        check(user, start, ServiceProcess.json(response));
      }
    } catch (IOException e) {
      TimeUnit.MILLISECONDS.sleep(20); // it is dead, or starts
    }
  }

  private void check(String user, long start, JsonNode answer) {
    JsonNode history = answer.path("history");
    answers.incrementAndGet();
    Long erasedAt = erased.get(user);
    // Who had all partitions when it ended cannot know, until it has read the log to its end, what
    // others have erased since: it says so.
    String unknown = history.path("ageUnknown").asText();
    boolean knowsItsShare = !unknown.equals("unassigned") && !unknown.equals("catching-up");
    boolean afterErase = erasedAt != null && start - erasedAt > 0;
    if (afterErase && knowsItsShare && history.path("events").asInt() > 0) {
      lie(user, answer, "was erased before");
    }
    if (answer.path("fallback").asText().equals("not-owned")) {
      notOwned.incrementAndGet();
    }
    if (history.path("ageMillis").isNull()) {
      if (history.path("ageUnknown").asText().isEmpty()) {
        lie(user, answer, "has no age, and does not say why");
      }
      return;
    }
    aged.incrementAndGet();
    long age = history.path("ageMillis").asLong();
    ages.add(age);
    long before = start - TimeUnit.MILLISECONDS.toNanos(age);
    List<Acknowledged> due =
        sender.of(user).stream().filter(event -> event.nanos() - before < 0).toList();
    for (Acknowledged event : due) {
      boolean seen =
          !history.path("partition").isNull()
              && history.path("partition").asInt() == event.partition()
              && history.path("offset").asLong() > event.offset();
      if (!seen && !erasing.contains(user)) {
        lie(
            user,
            answer,
            "misses %s, acknowledged %d ms before"
                .formatted(event, TimeUnit.NANOSECONDS.toMillis(start - event.nanos())));
        return;
      }
    }
    if (!erasing.contains(user) && history.path("events").asInt() < due.size()) {
      lie(user, answer, "has fewer than " + due.size() + " events");
    }
  }

  private void lie(String user, JsonNode answer, String what) {
    lieCount.incrementAndGet();
    if (lies.size() < MAX_KEPT) {
      lies.add(
          "%s %s: %s, fallback %s"
              .formatted(user, what, answer.path("history"), answer.path("fallback")));
    }
  }

  /** Soon nothing will be left of this user; who answers before does right as well. */
  void erasing(String user) {
    erasing.add(user);
  }

  /** From now on nobody may serve what was sent of this user. */
  void erased(String user) {
    erasing(user);
    erased.put(user, System.nanoTime());
  }

  /** Answers that said an age. */
  long aged() {
    return aged.get();
  }

  /** Answers that said that another process reads the user's events. */
  long notOwned() {
    return notOwned.get();
  }

  /** What was said and is not true. */
  List<String> lies() {
    return List.copyOf(lies);
  }

  String figures() {
    List<Long> sorted = new ArrayList<>(ages);
    Collections.sort(sorted);
    return "answers=%d, with an age=%d (median %d ms, 99 %% %d ms), not-owned=%d, lies=%d, acknowledged=%d"
        .formatted(
            answers.get(),
            aged.get(),
            sorted.isEmpty() ? -1 : sorted.get(sorted.size() / 2),
            sorted.isEmpty() ? -1 : sorted.get(sorted.size() * 99 / 100),
            notOwned.get(),
            lieCount.get(),
            sender.count());
  }

  @Override
  public void close() throws InterruptedException {
    stopped = true;
    thread.join();
  }
}
