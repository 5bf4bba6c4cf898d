// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.state;

import io.dropwizard.lifecycle.Managed;
import io.nextclick.features.event.Event;
import io.nextclick.features.item.ConcurrentItemCatalog;
import io.nextclick.features.sequence.PartitionState;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.ingest.kafka.BatchListener;
import io.nextclick.ingest.kafka.EventPublisher;
import io.nextclick.ingest.kafka.EventPublisher.Published;
import io.nextclick.ingest.kafka.IngestSettings;
import io.nextclick.ingest.kafka.IngestStatus;
import io.nextclick.ingest.kafka.KafkaIngest;
import io.nextclick.ingest.kafka.KafkaSettings;
import io.nextclick.ingest.kafka.Ownership;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log that the service reads and writes. It comes up behind the service, which never waits for
 * it: until it is there, and whenever it is away, ranking goes on from the store.
 */
public final class LiveLog implements Managed {

  private static final Logger LOG = LoggerFactory.getLogger(LiveLog.class);
  private static final int RETRY_AFTER_SECONDS = 5;
  private static final int RETRY_AFTER_FULL_SECONDS = 60; // a person has to look
  private static final long ACKNOWLEDGE_MILLIS = 10_000;
  private static final long MOVE_MILLIS = 60_000;

  /** So long a log that does not open keeps the service from being ready. */
  private static final Duration OPENING = Duration.ofSeconds(60);

  /** From then on nobody waits for the producer's own bounds. */
  private static final Duration AWAY = Duration.ofSeconds(3);

  /** A client that waits for an answer gets one within seconds; {@code kafka.client} may differ. */
  private static final Map<String, String> PROMPT =
      Map.of("max.block.ms", "3000", "request.timeout.ms", "5000", "delivery.timeout.ms", "8000");

  private final @Nullable LogSource source;
  private final ServingStore store;
  private final IngestSettings ingestSettings;
  private final InstantSource clock;
  private final BatchListener listener;
  private final AwaitedVerdicts awaited = new AwaitedVerdicts();
  private final Thread starter = Thread.ofPlatform().name("live-log").unstarted(this::open);
  private final ReentrantLock moves = new ReentrantLock();
  private @Nullable KafkaSettings kafka;
  private volatile @Nullable EventPublisher publisher;
  private volatile @Nullable KafkaIngest ingest;
  private final Instant begun;
  private volatile boolean opened;
  private volatile boolean stopped;
  private volatile boolean staying;
  private volatile IngestStatus starting;
  private volatile @Nullable Instant faultSince; // of the source
  private volatile @Nullable IngestStatus moving; // as it was when a move began
  private volatile @Nullable Ownership movingShare;
  private final Ownership unopened;

  /**
   * @param source null for a service without a log, which ranks from the store as it is
   * @param listener hears of every batch that is folded
   */
  public LiveLog(
      @Nullable LogSource source,
      ServingStore store,
      IngestSettings ingestSettings,
      InstantSource clock,
      BatchListener listener) {
    this.source = source;
    this.store = store;
    this.ingestSettings = ingestSettings;
    this.clock = clock;
    this.listener = BatchListener.all(List.of(listener, awaited));
    this.begun = clock.instant();
    this.unopened = source == null ? Ownership.OF_NO_LOG : Ownership.beforeTheLog(ingestSettings);
    this.starting =
        source == null
            ? status(IngestStatus.State.STOPPED, "kafka.servers is none")
            : status(IngestStatus.State.STARTING, "not connected yet");
  }

  /** Whether events come in, and what of them; a snapshot. */
  public IngestStatus status() {
    IngestStatus before = moving;
    KafkaIngest running = ingest;
    IngestStatus now = before != null ? before : running == null ? starting : running.status();
    String fault = source == null ? null : source.fault();
    return fault == null ? faultless(now) : faulty(now, fault);
  }

  private IngestStatus faultless(IngestStatus now) {
    faultSince = null;
    return now;
  }

  /** What is read says nothing while the log is gone: a look at it may come too early. */
  private IngestStatus faulty(IngestStatus now, String fault) {
    Instant since = faultSince;
    if (since == null) {
      since = clock.instant();
      faultSince = since;
    }
    return new IngestStatus(
        IngestStatus.State.BROKER_AWAY,
        since,
        fault,
        now.currentAsOf(),
        now.records(),
        now.partitions(),
        now.gaps());
  }

  /** Why the log is gone and does not come back without a remedy; null while it is there. */
  public @Nullable String fault() {
    return source == null ? null : source.fault();
  }

  /** Which partitions this process reads, and up to when; to be taken before state is read. */
  public Ownership ownership() {
    Ownership before = movingShare;
    KafkaIngest running = ingest;
    if (running == null) {
      return unopened;
    }
    return before == null ? running.ownership() : before.handedTo(running.ownership());
  }

  /** Why no event can be taken now; null when events can be taken. */
  public @Nullable String closedBecause() {
    IngestStatus now = status();
    String full = source == null ? null : source.full();
    if (full != null && publisher != null) {
      return full;
    }
    if (publisher != null
        && (now.state() == IngestStatus.State.RUNNING
            || now.state() == IngestStatus.State.PAUSED)) {
      opened = true;
      return null;
    }
    return now.state() + (now.reason() == null ? "" : ": " + now.reason());
  }

  /**
   * Whether the log is about to open: requests should wait a moment longer, rather than learn that
   * Kafka is away. A broker that is found away, or takes longer than a minute, is not waited for.
   */
  public boolean isOpening() {
    if (source == null || closedBecause() == null || opened) {
      return false;
    }
    IngestStatus now = status();
    return now.state() != IngestStatus.State.FAILED
        && !isAwayForLong(now)
        && begun.plus(OPENING).isAfter(clock.instant());
  }

  /** Whether there is a log at all. */
  public boolean isConfigured() {
    return source != null;
  }

  @Override
  public void start() {
    if (source != null) {
      starter.start();
    }
  }

  /**
   * Passes over offsets of a partition that is stopped since they cannot be read.
   *
   * @throws IOException if that cannot be; the message says why
   */
  public void skip(SourcePartition partition, long from, long to)
      throws IOException, InterruptedException {
    KafkaIngest running = ingest;
    if (running == null) {
      throw new IOException("the log is not open: " + status().reason());
    }
    running.skip(partition, from, to);
  }

  /** How full the catalogue is, in words, when it will soon have no room; else null. */
  public @Nullable String catalogueWarning() {
    ConcurrentItemCatalog items = store.current().catalog();
    return items.bytes() < items.maxBytes() / 10 * 8
        ? null
        : "the catalogue takes %d %% of the memory that it may: give the process a larger heap (-Xmx)"
            .formatted(items.bytes() * 100 / Math.max(1, items.maxBytes()));
  }

  /**
   * Sends events and waits until Kafka has acknowledged all of them.
   *
   * @return where each one is
   * @throws LogUnavailableException when the broker is away
   */
  public List<Published> publish(List<Event> events) {
    EventPublisher open = publisher;
    IngestStatus now = status();
    if (open == null || isAwayForLong(now)) {
      throw away(now.reason() == null ? "not connected" : now.reason());
    }
    String full = source == null ? null : source.full();
    if (full != null) {
      throw new LogUnavailableException(RETRY_AFTER_FULL_SECONDS, "The log is full: " + full);
    }
    List<CompletableFuture<Published>> answers = new ArrayList<>(events.size());
    for (Event event : events) {
      CompletableFuture<Published> answer = open.publish(event);
      answers.add(answer);
      if (answer.isCompletedExceptionally()) {
        break; // the buffer is full or the broker away: the others would wait as long
      }
    }
    try {
      CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
          .get(ACKNOWLEDGE_MILLIS, TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      LOG.warn("Kafka did not acknowledge: {}", String.valueOf(e.getCause()));
      String refused = EventPublisher.refusal(e.getCause(), clock.instant());
      throw refused == null
          ? away("the broker did not acknowledge")
          : new LogUnavailableException(RETRY_AFTER_SECONDS, refused);
    } catch (TimeoutException e) {
      throw away("the broker did not acknowledge in time");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw away("the service is stopping");
    }
    return answers.stream().map(CompletableFuture::join).toList();
  }

  /** One slow answer to ingest sets its state for a moment, while the producer may well deliver. */
  private boolean isAwayForLong(IngestStatus now) {
    return now.state() == IngestStatus.State.BROKER_AWAY
        && !now.since().plus(AWAY).isAfter(clock.instant());
  }

  /**
   * Sends events and waits until they are folded here, 10 s at most.
   *
   * @throws LogUnavailableException when the broker is away, or when the events cannot be folded,
   *     since their partition is stopped
   */
  public Folding publishAndFold(List<Event> events) {
    try (AwaitedVerdicts.Request request = awaited.expect(events)) {
      return new FoldWait(events, publish(events), request, store, this::status).await();
    }
  }

  @Override
  public void stop() throws InterruptedException {
    if (source == null) {
      return;
    }
    synchronized (this) {
      stopped = true;
    }
    EventPublisher open = publisher;
    moves.lock(); // a move under way ends soon, now that we are stopped
    try {
      KafkaIngest running = ingest;
      if (running != null) {
        running.close();
      }
    } finally {
      moves.unlock();
    }
    if (open != null) {
      open.close();
    }
    starter.join(Duration.ofSeconds(8));
    source.close();
  }

  private void open() {
    try {
      KafkaSettings settings = source == null ? null : source.open();
      if (settings != null) {
        connect(settings);
      }
    } catch (IOException | RuntimeException e) {
      LOG.error("The log cannot be opened; ranking goes on from the store", e);
      starting = status(IngestStatus.State.FAILED, String.valueOf(e.getMessage()));
    }
  }

  private synchronized void connect(KafkaSettings settings) {
    if (stopped) {
      return;
    }
    Map<String, String> client = new HashMap<>(PROMPT);
    client.putAll(settings.client());
    publisher = EventPublisher.of(settings.withClient(client));
    kafka = settings;
    ingest = fold(settings, store.current());
  }

  private KafkaIngest fold(KafkaSettings settings, RocksDbSequenceStore into) {
    return KafkaIngest.start(settings, ingestSettings, into, clock, listener);
  }

  /** The cluster, once it is open. */
  public synchronized @Nullable KafkaSettings kafka() {
    return kafka;
  }

  /** What is done with a new store before it serves. */
  public interface Change {
    void make() throws IOException;
  }

  /**
   * Lets another store take the place of the one that serves. Ranking goes on from the old one
   * until the new one has folded all that the old one has; events wait in the log meanwhile. A
   * partition that the old one does not read any more is not waited for.
   *
   * @param next a store that nobody folds into, and that has read about as far
   * @param change made when the new store is ready, before it serves
   * @throws IOException if the new store cannot go on where the old one is; the old one goes on
   */
  public void moveTo(RocksDbSequenceStore next, Change change)
      throws IOException, InterruptedException {
    moves.lock();
    try {
      KafkaSettings settings = kafka();
      KafkaIngest running = ingest;
      if (settings == null || running == null) {
        throw new IOException("the log is not open: " + status().reason());
      }
      RocksDbSequenceStore old = store.current();
      requirePartitions(settings, old, next);
      // What the listener of batches has not heard of yet must not be passed over, and a group that
      // is not joined yet says nothing of what is ours. What the new store has of another log, the
      // log itself refuses below.
      await(
          () -> {
            IngestStatus now = running.status();
            return now.state() == IngestStatus.State.FAILED
                || (readsEvents(now, settings)
                    && hasAllOf(ofSameLog(readable(now), old, next), old, next));
          },
          "the store that serves did not come up to the new one");
      IngestStatus last = running.status();
      Set<SourcePartition> ours = readable(last);
      moving = last;
      movingShare = running.ownership();
      running.closeForSuccessor();
      KafkaIngest begun = fold(settings, next);
      ingest = begun;
      try {
        await(
            () -> {
              IngestStatus now = begun.status();
              requireGoing(now);
              return readsEvents(now, settings)
                  && now.currentAsOf() != null
                  && hasAllOf(ours, next, old);
            },
            "the new store did not come up to the one that serves");
        change.make();
        store.replaceBy(next);
      } catch (IOException | RuntimeException | InterruptedException e) {
        if (!store.isCurrent(next)) {
          begun.closeForSuccessor();
          ingest = fold(settings, old);
        }
        throw e;
      } finally {
        moving = null;
        movingShare = null;
      }
    } finally {
      moves.unlock();
    }
  }

  /** Ends a move under way, and any later one, before the service stops. */
  public void stay() {
    staying = true;
  }

  private static void requirePartitions(
      KafkaSettings settings, RocksDbSequenceStore old, RocksDbSequenceStore next)
      throws IOException {
    List<String> topics = List.of(settings.eventsTopic(), settings.itemsTopic());
    for (SourcePartition partition : old.partitions().keySet()) {
      if (topics.contains(partition.topic()) && !next.partitions().containsKey(partition)) {
        throw new IOException("the new store has nothing of " + partition);
      }
    }
  }

  /**
   * Nothing may be in the way of a store that shall serve.
   *
   * @throws IOException if a partition, or all of it, cannot be folded; the message says why
   */
  public static void requireGoing(IngestStatus now) throws IOException {
    for (IngestStatus.Partition partition : now.partitions()) {
      if (partition.failure() != null) {
        throw new IOException(
            "%s cannot be read into the new store: %s"
                .formatted(partition.partition(), partition.failure()));
      }
    }
    if (now.state() == IngestStatus.State.FAILED) {
      throw new IOException("the new store cannot be folded: " + now.reason());
    }
  }

  private static boolean readsEvents(IngestStatus status, KafkaSettings settings) {
    return status.partitions().stream()
        .anyMatch(read -> read.partition().topic().equals(settings.eventsTopic()));
  }

  private static Set<SourcePartition> readable(IngestStatus status) {
    return status.partitions().stream()
        .filter(read -> read.failure() == null)
        .map(IngestStatus.Partition::partition)
        .collect(Collectors.toSet());
  }

  private interface Condition {
    boolean holds() throws IOException;
  }

  private void await(Condition condition, String otherwise)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(MOVE_MILLIS);
    while (!condition.holds()) {
      boolean stopping = stopped || staying;
      if (stopping || System.nanoTime() - end > 0) {
        throw new IOException(stopping ? "the service is stopping" : otherwise);
      }
      Thread.sleep(10);
    }
  }

  private static Set<SourcePartition> ofSameLog(
      Set<SourcePartition> partitions, RocksDbSequenceStore one, RocksDbSequenceStore other) {
    Set<SourcePartition> same = new HashSet<>(partitions);
    same.removeIf(partition -> {
      PartitionState here = one.partitions().get(partition);
      PartitionState there = other.partitions().get(partition);
      return here != null && there != null && !here.isOfSameLog(there);
    });
    return same;
  }

  private static boolean hasAllOf(
      Set<SourcePartition> partitions, RocksDbSequenceStore store, RocksDbSequenceStore other) {
    return partitions.stream()
        .allMatch(partition -> {
          PartitionState wanted = other.partitions().get(partition);
          PartitionState state = store.partitions().get(partition);
          return wanted == null || (state != null && state.reaches(wanted));
        });
  }

  private LogUnavailableException away(String reason) {
    return source == null
        ? new LogUnavailableException(60, "This service has no log: " + reason)
        : new LogUnavailableException(RETRY_AFTER_SECONDS, "Kafka is away: " + reason);
  }

  private IngestStatus status(IngestStatus.State state, String reason) {
    return new IngestStatus(state, clock.instant(), reason, null, 0, List.of(), List.of());
  }
}
