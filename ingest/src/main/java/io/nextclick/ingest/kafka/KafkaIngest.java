// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import io.nextclick.features.mapping.EventMapping.KeyRule;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.ingest.kafka.IngestStatus.State;
import io.nextclick.ingest.kafka.careful.ReadGuard;
import io.nextclick.ingest.kafka.client.ClientProperties;
import io.nextclick.ingest.kafka.client.DeadLetterExporter;
import io.nextclick.ingest.kafka.client.ErasureRelay;
import io.nextclick.ingest.kafka.client.Joining;
import io.nextclick.ingest.kafka.client.KafkaSettings;
import io.nextclick.ingest.kafka.client.Topics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.UnreleasedInstanceIdException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Folds the events topic and the items topic into a store, on one thread, until it is closed.
 *
 * <p>The position comes from the store and moves with the state, in one batch. What the group
 * commits to Kafka is a gauge. Nothing is ever reset: a partition whose log no longer fits is
 * stopped with a reason, see {@link IngestStatus.Partition#failure}.
 */
public final class KafkaIngest implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(KafkaIngest.class);
  private static final Duration POLL = Duration.ofMillis(100);
  private static final long RETRY_MILLIS = 500;
  private static final long REPORT_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final long COMMIT_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final KafkaSettings settings;
  private final IngestSettings limits;
  private final RocksDbSequenceStore store;
  private final InstantSource clock;
  private final BatchListener listener;
  private final Supplier<Admin> admins;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final SkipRequests skips = new SkipRequests();
  private final Thread thread;
  private final Share share;
  private volatile boolean successor;
  private final IngestReport report;

  // Of the ingest thread alone.
  private @Nullable String held;
  private long nextReport = System.nanoTime();
  private long nextSync = System.nanoTime();
  private long nextCommit = System.nanoTime() + COMMIT_NANOS;

  private KafkaIngest(
      KafkaSettings settings,
      IngestSettings limits,
      RocksDbSequenceStore store,
      InstantSource clock,
      BatchListener listener,
      Supplier<Admin> admins) {
    this.settings = settings;
    this.limits = limits;
    this.store = store;
    this.clock = clock;
    this.listener = listener;
    this.admins = admins;
    this.report = new IngestReport(clock, listener);
    this.share =
        new Share(
            settings, isKeyed(store.settings()), !GroupMember.wasShared(limits.directory()), clock);
    this.thread = Thread.ofPlatform().name("ingest").unstarted(this::run);
  }

  private static boolean isKeyed(FoldSettings fold) {
    return fold.mapping() == null || fold.mapping().key() == KeyRule.USER;
  }

  /** Starts to read; the store must stay open until {@link #close} has returned. */
  public static KafkaIngest start(
      KafkaSettings settings,
      IngestSettings limits,
      RocksDbSequenceStore store,
      InstantSource clock) {
    return start(settings, limits, store, clock, BatchListener.NONE);
  }

  /** Starts to read, and tells a listener of every batch. */
  public static KafkaIngest start(
      KafkaSettings settings,
      IngestSettings limits,
      RocksDbSequenceStore store,
      InstantSource clock,
      BatchListener listener) {
    return start(
        settings,
        limits,
        store,
        clock,
        listener,
        () -> Admin.create(ClientProperties.admin(settings)));
  }

  static KafkaIngest start(
      KafkaSettings settings,
      IngestSettings limits,
      RocksDbSequenceStore store,
      InstantSource clock,
      BatchListener listener,
      Supplier<Admin> admins) {
    KafkaIngest ingest = new KafkaIngest(settings, limits, store, clock, listener, admins);
    ingest.thread.start();
    return ingest;
  }

  /** What it is doing. */
  public IngestStatus status() {
    return report.status();
  }

  /**
   * Passes over offsets of a partition that is stopped since they cannot be read. Each counts as a
   * record that is quarantined, in this store and in every other that is folded with these
   * settings.
   *
   * @param from where the partition stands
   * @param to the last offset that is passed over
   * @throws IOException if that cannot be; the message says why
   */
  public void skip(SourcePartition partition, long from, long to)
      throws IOException, InterruptedException {
    skips.ask(partition, from, to, this::status);
  }

  /** Which partitions are this process's, and up to when each has been read; as of now. */
  public Ownership ownership() {
    return share.now();
  }

  /** Returns when reading has ended, by {@link #close} or by a fault. */
  public void awaitEnd() throws InterruptedException {
    thread.join();
  }

  /**
   * The same as {@link #close}, where another ingest of this process goes on at once: the group is
   * not told.
   */
  public void closeForSuccessor() {
    successor = true;
    close();
  }

  /** Stops reading after the batch in hand, and makes the state durable. */
  @Override
  public void close() {
    stop.countDown();
    Joining.join(thread);
  }

  private void run() {
    try (Admin admin = admins.get();
        AttemptJournal journal = openJournal();
        ReadGuard guard =
            ReadGuard.in(limits.directory(), limits.skippedOffsets(), settings, admin)) {
      if (awaitTopics(admin)) {
        read(
            admin,
            GroupMember.in(limits.directory()),
            new GuardedStore(store, journal, listener),
            guard);
      }
      share.end(false);
      report.of(State.STOPPED, "told to stop", List.of());
    } catch (Throwable e) {
      LOG.error("Ingest failed", e);
      share.end(isTakenOver(e));
      report.of(State.FAILED, isTakenOver(e) ? takenOver() : e.toString(), status().partitions());
      if (e instanceof Error fatal) {
        throw fatal;
      }
    }
  }

  private static boolean isTakenOver(Throwable e) {
    return e instanceof FencedInstanceIdException || e instanceof UnreleasedInstanceIdException;
  }

  private String takenOver() {
    return "another process of the group %s reads in the name of this store: is its store a copy? Stop one of the two; if the copy shall run beside this one, delete %s there first"
        .formatted(settings.groupId(), limits.directory().resolve(GroupMember.FILE));
  }

  private AttemptJournal openJournal() {
    try {
      return new AttemptJournal(
          Files.createDirectories(limits.directory()).resolve("ingest-attempts"));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot use " + limits.directory(), e);
    }
  }

  /** False when we were told to stop meanwhile. */
  private boolean awaitTopics(Admin admin) throws InterruptedException {
    do {
      try {
        if (settings.createTopics()) {
          Topics.createMissing(admin, settings);
        }
        Set<String> missing = Topics.missing(admin, settings);
        if (missing.isEmpty()) {
          String items = Topics.itemsAreNotKept(admin, settings.itemsTopic());
          if (items != null) {
            LOG.warn("Items: {}", items);
          }
          return true;
        }
        String advice = "create them, or let Nextclick do it with createTopics: true";
        report.of(State.STARTING, "topics " + missing + " do not exist: " + advice, List.of());
      } catch (KafkaException e) {
        report.of(
            State.BROKER_AWAY, settings.bootstrapServers() + ": " + e.getMessage(), List.of());
      }
    } while (!stop.await(RETRY_MILLIS, TimeUnit.MILLISECONDS));
    return false;
  }

  private void read(Admin admin, GroupMember member, GuardedStore guarded, ReadGuard guard)
      throws InterruptedException {
    TopicWatch watch = new TopicWatch(admin, settings);
    try (ErasureRelay relay = new ErasureRelay(admin, settings);
        TopicReader events =
            TopicReader.ofEvents(settings, store, guarded, relay, guard, member, share);
        TopicReader items = TopicReader.ofItems(settings, store, guarded, guard);
        DeadLetterExporter deadLetters = DeadLetterExporter.start(settings, store)) {
      share.of(member, admin, events.assigned(), items.assigned());
      LogEnds ends = new LogEnds(admin, clock);
      try {
        while (stop.getCount() > 0) {
          try {
            round(admin, watch, ends, events, items);
          } catch (RetriableException | AuthenticationException | AuthorizationException e) {
            LOG.warn("Kafka refuses for now: {}", e.toString());
            ends.look(events.assigned(), items.assigned());
            share.tell();
            report.gaps(watch.gaps(events, items));
            String why = settings.bootstrapServers() + ": " + e.getMessage();
            report.of(State.BROKER_AWAY, why, partitions(events, items));
            stop.await(RETRY_MILLIS, TimeUnit.MILLISECONDS);
          }
        }
      } finally {
        events.leaveOnClose(!share.now().alone() && !successor);
        share.closing();
      }
    } finally {
      listener.beforeSync();
      store.sync();
    }
  }

  private void round(
      Admin admin, TopicWatch watch, LogEnds ends, TopicReader events, TopicReader items) {
    skips.answer((partition, from, to) -> {
      boolean ofItems = partition.topic().equals(settings.itemsTopic());
      (ofItems ? items : events).skip(partition, from, to);
    });
    events.hold(held != null);
    items.hold(held != null);
    if (items.assigned().isEmpty()) {
      items.assignAll(admin);
    }
    if (watch.look(events)) {
      follow(watch, events, items);
    }
    events.admit(admin);
    items.admit(admin);
    report.read(events.poll(POLL));
    report.read(items.poll(Duration.ZERO));
    ends.look(events.assigned(), items.assigned());
    share.tellAgain();
    doWhatIsDue(watch, events, items);
  }

  /** Goes by what the topics are now. */
  private void follow(TopicWatch watch, TopicReader events, TopicReader items) {
    TopicDescription eventsNow = watch.topic(settings.eventsTopic());
    if (eventsNow != null) {
      events.compareTopicId(eventsNow);
      share.partitions(eventsNow.partitions().size());
    }
    TopicDescription itemsNow = watch.topic(settings.itemsTopic());
    if (itemsNow != null) {
      items.compareTopicId(itemsNow);
      items.assignAll(itemsNow);
    }
  }

  private void doWhatIsDue(TopicWatch watch, TopicReader events, TopicReader items) {
    long now = System.nanoTime();
    if (now - nextReport >= 0) {
      nextReport = now + REPORT_NANOS;
      held = roomIsShort();
      report.gaps(watch.gaps(events, items));
      report(events, items);
    }
    if (now - nextSync >= 0) {
      nextSync = now + limits.syncInterval().toNanos();
      listener.beforeSync();
      store.sync();
    }
    if (now - nextCommit >= 0 && status().state() == State.RUNNING) {
      nextCommit = now + COMMIT_NANOS;
      events.commitProgress();
    }
  }

  private @Nullable String roomIsShort() {
    long free;
    try {
      free = store.freeBytes();
    } catch (IOException e) {
      return "cannot tell how much room the store has: " + e.getMessage();
    }
    // A little more room is asked for before it goes on, so that it does not flutter.
    long floor =
        held == null ? limits.minFreeBytes() : limits.minFreeBytes() + limits.minFreeBytes() / 20;
    return free >= floor
        ? null
        : "the store's file system has %d bytes free, less than %d: make room"
            .formatted(free, floor);
  }

  private void report(TopicReader events, TopicReader items) {
    List<IngestStatus.Partition> partitions = partitions(events, items);
    if (held != null) {
      report.of(State.PAUSED, held, partitions);
    } else if (events.connections() == 0) {
      String why = "no connection to " + settings.bootstrapServers();
      report.of(State.BROKER_AWAY, why, partitions);
    } else {
      report.of(State.RUNNING, null, partitions);
    }
  }

  private static List<IngestStatus.Partition> partitions(TopicReader events, TopicReader items) {
    return Stream.concat(events.assigned().status().stream(), items.assigned().status().stream())
        .sorted(Comparator.comparing(IngestStatus.Partition::partition))
        .toList();
  }
}
