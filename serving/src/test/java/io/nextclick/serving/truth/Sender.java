// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.truth;

import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Sends events to Kafka, whatever becomes of the service, and knows which were acknowledged. */
final class Sender implements AutoCloseable {

  /**
   * An event that Kafka has acknowledged.
   *
   * @param nanos when, by {@link System#nanoTime}; never before the truth
   */
  record Acknowledged(String item, long nanos, int partition, long offset) {}

  /** Users of one generation, and events of each: fewer than a history keeps. */
  private static final int USERS = 40;

  private static final int EVENTS_PER_USER = 100;

  private final KafkaProducer<byte[], byte[]> producer;
  private final String topic;
  private final Random random;
  private final long pauseMillis;
  private final Map<String, List<Acknowledged>> acknowledged = new ConcurrentHashMap<>();
  private final Set<String> retired = ConcurrentHashMap.newKeySet();
  private final AtomicInteger count = new AtomicInteger();
  private final Thread thread = Thread.ofPlatform().name("sender").unstarted(this::run);
  private volatile int sent;
  private volatile boolean stopped;

  Sender(String bootstrapServers, String topic, long seed, long pauseMillis) {
    this.topic = topic;
    this.random = new Random(seed);
    this.pauseMillis = pauseMillis;
    // What is not acknowledged soon fails: a broker inside the service dies with it.
    this.producer =
        new KafkaProducer<>(
            Map.of(
                "bootstrap.servers", bootstrapServers,
                "linger.ms", 0,
                "max.block.ms", 500,
                "request.timeout.ms", 1_000,
                "delivery.timeout.ms", 3_000,
                "reconnect.backoff.max.ms", 200,
                "metadata.max.age.ms", 2_000),
            new ByteArraySerializer(),
            new ByteArraySerializer());
  }

  void start() {
    thread.start();
  }

  private void run() {
    try {
      while (!stopped) {
        TimeUnit.MILLISECONDS.sleep(pauseMillis);
        send(user());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private String user() {
    String user;
    do {
      user = "u" + sent / (USERS * EVENTS_PER_USER) + "-" + random.nextInt(USERS);
    } while (retired.contains(user));
    return user;
  }

  /** Sends no more of a user, and waits until what was sent is acknowledged or has failed. */
  void retire(String user) throws InterruptedException {
    retired.add(user);
    TimeUnit.MILLISECONDS.sleep(2 * pauseMillis); // one may just have been chosen
    producer.flush();
  }

  /** A user who has got events lately. */
  String someUser(Random by) {
    int generations = sent / (USERS * EVENTS_PER_USER) + 1;
    int generation = by.nextInt(3) > 0 ? generations - 1 : by.nextInt(generations);
    return "u" + generation + "-" + by.nextInt(USERS);
  }

  private void send(String user) {
    int number = sent++;
    String item = "i" + number;
    Event event = Event.behaviour("e" + number, "click", user, item, System.currentTimeMillis());
    byte[] key = user.getBytes(StandardCharsets.UTF_8);
    try {
      var _ =
          producer.send(
              new ProducerRecord<>(topic, key, EventJson.encode(event)),
              (place, error) -> {
                if (error == null) {
                  acknowledged(user, item, place.partition(), place.offset());
                }
              });
    } catch (KafkaException e) {
      Thread.onSpinWait(); // no broker: this one was not acknowledged
    }
  }

  private void acknowledged(String user, String item, int partition, long offset) {
    List<Acknowledged> all = acknowledged.computeIfAbsent(user, key -> new ArrayList<>());
    synchronized (all) {
      all.add(new Acknowledged(item, System.nanoTime(), partition, offset));
    }
    count.incrementAndGet();
  }

  /** The acknowledged events of a user. */
  List<Acknowledged> of(String user) {
    List<Acknowledged> all = acknowledged.get(user);
    if (all == null) {
      return List.of();
    }
    synchronized (all) {
      return List.copyOf(all);
    }
  }

  List<String> users() {
    return acknowledged.keySet().stream().sorted().toList();
  }

  int count() {
    return count.get();
  }

  /** Ends sending, and waits until all is acknowledged or has failed. */
  void finish() throws InterruptedException {
    stopped = true;
    thread.join();
    producer.flush();
  }

  @Override
  public void close() throws InterruptedException {
    stopped = true;
    thread.join();
    producer.close(Duration.ofSeconds(1));
  }
}
