// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.state;

import io.dropwizard.lifecycle.Managed;
import io.nextclick.features.event.Event;
import io.nextclick.features.item.ConcurrentItemCatalog;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.ingest.kafka.BatchListener;
import io.nextclick.ingest.kafka.IngestSettings;
import io.nextclick.ingest.kafka.IngestStatus;
import io.nextclick.ingest.kafka.Ownership;
import io.nextclick.ingest.kafka.client.EventPublisher.Published;
import io.nextclick.ingest.kafka.client.KafkaSettings;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log that the service reads and writes: {@link LogProducer} writes it, {@link LiveFold} reads
 * it. It comes up behind the service, which never waits for it: until it is there, and whenever it
 * is away, ranking goes on from the store.
 */
public final class LiveLog implements Managed {

  private static final Logger LOG = LoggerFactory.getLogger(LiveLog.class);

  /** So long a log that does not open keeps the service from being ready. */
  private static final Duration OPENING = Duration.ofSeconds(60);

  /** From then on nobody waits for the producer's own bounds. */
  private static final Duration AWAY = Duration.ofSeconds(3);

  private final @Nullable LogSource source;
  private final ServingStore store;
  private final IngestSettings ingestSettings;
  private final InstantSource clock;
  private final BatchListener listener;
  private final AwaitedVerdicts awaited = new AwaitedVerdicts();
  private final Thread starter = Thread.ofPlatform().name("live-log").unstarted(this::begin);
  private final ReentrantLock moves = new ReentrantLock();
  private volatile @Nullable LogProducer producer;
  private volatile @Nullable LiveFold fold;
  private final Instant begun;
  private volatile boolean opened;
  private volatile boolean stopped;
  private volatile IngestStatus starting;
  private volatile @Nullable Instant faultSince; // of the source
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
    LiveFold running = fold;
    IngestStatus now = running == null ? starting : running.status();
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
    LiveFold running = fold;
    return running == null ? unopened : running.ownership();
  }

  /** Why no event can be taken now; null when events can be taken. */
  public @Nullable String closedBecause() {
    IngestStatus now = status();
    String full = source == null ? null : source.full();
    if (full != null && producer != null) {
      return full;
    }
    if (producer != null
        && (now.state() == IngestStatus.State.RUNNING
            || now.state() == IngestStatus.State.PAUSED)) {
      opened = true;
      return refusal();
    }
    return now.state() + (now.reason() == null ? "" : ": " + now.reason());
  }

  /** Why Kafka, which is there, did not take the last events; null once it has taken some. */
  public @Nullable String refusal() {
    LogProducer open = producer;
    return open == null ? null : open.refusal();
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
    open().skip(partition, from, to);
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
    LogProducer open = producer;
    IngestStatus now = status();
    if (source == null) {
      throw LogUnavailableException.none(String.valueOf(now.reason()));
    }
    if (open == null || isAwayForLong(now)) {
      throw LogUnavailableException.away(now.reason() == null ? "not connected" : now.reason());
    }
    String full = source.full();
    if (full != null) {
      throw LogUnavailableException.full(full);
    }
    return open.publish(events);
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
    LogProducer open = producer;
    moves.lock(); // a move under way ends soon, now that we are stopped
    try {
      LiveFold running = fold;
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

  private void begin() {
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
    producer = new LogProducer(settings, clock);
    fold = new LiveFold(settings, ingestSettings, store.current(), clock, listener);
  }

  private LiveFold open() throws IOException {
    LiveFold running = fold;
    if (running == null) {
      throw new IOException("the log is not open: " + status().reason());
    }
    return running;
  }

  /**
   * The cluster.
   *
   * @throws IOException if the log is not open
   */
  public KafkaSettings kafka() throws IOException {
    return open().kafka();
  }

  /** Takes the fold to another store. */
  public interface Move {
    void make(LiveFold fold) throws IOException, InterruptedException;
  }

  /**
   * Makes a move; the service does not stop before its end.
   *
   * @throws IOException if the log is not open, or what the move throws
   */
  public void move(Move move) throws IOException, InterruptedException {
    moves.lock();
    try {
      move.make(open());
    } finally {
      moves.unlock();
    }
  }

  /** Whether the service stops: a move under way must end. */
  public boolean isStopping() {
    return stopped;
  }

  private IngestStatus status(IngestStatus.State state, String reason) {
    return new IngestStatus(state, clock.instant(), reason, null, 0, List.of(), List.of());
  }
}
