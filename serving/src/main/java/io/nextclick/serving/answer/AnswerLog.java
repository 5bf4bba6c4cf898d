// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

import io.dropwizard.lifecycle.Managed;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.SequenceStore;
import io.nextclick.ingest.log.RotatingLog;
import io.nextclick.serving.api.SlateRequest;
import io.nextclick.serving.concurrent.Periodic;
import io.nextclick.serving.rank.AnswerListener;
import io.nextclick.serving.rank.Ranking;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes answers to a {@link RotatingLog}, behind the requests: an answer that finds the queue full
 * is left out and counted, no request ever waits.
 *
 * <p>What a killed process had answered in its last tenth of a second may be missing; every answer
 * that is in the file is there as a whole.
 */
public final class AnswerLog implements AnswerListener, Managed {

  private static final Logger LOG = LoggerFactory.getLogger(AnswerLog.class);
  private static final Duration GATHER = Duration.ofMillis(100);
  private static final int MAX_WAITING_CANDIDATES = 2_000_000;
  private static final int MAX_FRAME_BYTES = 1 << 20;
  private static final long SYNC_NANOS = TimeUnit.SECONDS.toNanos(5);

  /**
   * What is logged, and how much of it is kept.
   *
   * @param directory of the files
   * @param sample the part of all requests, by the hash of their id, from 0 to 1
   * @param limits of the files
   * @param key names the users
   * @param itemsTopic where the catalogue comes from; null without one
   * @param queue answers that wait to be written, at most
   */
  public record Settings(
      Path directory,
      RequestSample sample,
      RotatingLog.Limits limits,
      UserKey.Source key,
      @Nullable String itemsTopic,
      int queue) {}

  private record Waiting(Ranking ranking, @Nullable Map<Integer, Long> catalog) {}

  private final Settings settings;
  private final SequenceStore store;
  private final Consumer<List<LoggedAnswer>> written;
  private final BlockingQueue<Waiting> queue;
  private final AtomicLong waitingCandidates = new AtomicLong();
  private final LongAdder logged = new LongAdder();
  private final LongAdder dropped = new LongAdder();
  private final Periodic thread = Periodic.toTheLast("answer-log", GATHER, last -> write());
  private @Nullable RotatingLog log;
  private @Nullable FoldSettings fold; // of the answers in the file
  private @Nullable UserKey key; // of the users in the file
  private boolean named; // whether the key is known
  private long nextSync = System.nanoTime() + SYNC_NANOS;
  private volatile @Nullable String fault;
  private volatile boolean stopped;

  /**
   * @param store for the settings of the fold, and the position of the items topic
   * @param written hears of every answer, on the writing thread, before it is in the file
   */
  public AnswerLog(Settings settings, SequenceStore store, Consumer<List<LoggedAnswer>> written) {
    this.settings = settings;
    this.store = store;
    this.written = written;
    this.queue = new ArrayBlockingQueue<>(settings.queue);
  }

  @Override
  public void answered(Ranking ranking) {
    if (!settings.sample.includes(ranking.answer().request())) {
      return;
    }
    int candidates = ranking.candidates().size();
    if (stopped
        || waitingCandidates.get() + candidates > MAX_WAITING_CANDIDATES
        || !queue.offer(new Waiting(ranking, catalog(ranking)))) {
      dropped.increment();
    } else {
      waitingCandidates.addAndGet(candidates);
    }
  }

  /**
   * Where the catalogue stands: read after the scores, so an item of this very moment may be new.
   */
  private @Nullable Map<Integer, Long> catalog(Ranking ranking) {
    String topic = settings.itemsTopic;
    if (topic == null || !readsAttributes(ranking)) {
      return null;
    }
    Map<Integer, Long> offsets = new TreeMap<>();
    store
        .partitions()
        .forEach((partition, state) -> {
          if (partition.topic().equals(topic)) {
            offsets.put(partition.partition(), state.nextOffset());
          }
        });
    return offsets;
  }

  private static boolean readsAttributes(Ranking ranking) {
    SlateRequest slate = ranking.request().slate();
    return (ranking.model() != null && ranking.model().scorer().attributeBuckets() > 0)
        || (slate != null && slate.readsAttributes());
  }

  /** Answers in the log since the start. */
  public long logged() {
    return logged.sum();
  }

  /** Answers left out since the start: the queue was full, or the disk failed. */
  public long dropped() {
    return dropped.sum();
  }

  /** Answers that wait to be written. */
  public int waiting() {
    return queue.size();
  }

  /** Why answers are not logged now; null while they are. */
  public @Nullable String fault() {
    return fault;
  }

  /** Starts to write. What keeps the log from opening is no reason to answer no requests. */
  @Override
  public void start() {
    try {
      begin(store.settings());
    } catch (IOException e) {
      failed(e);
    }
    thread.start();
  }

  /** Ends the file if there is one: the next has another header. */
  private void begin(FoldSettings of) throws IOException {
    RotatingLog before = log;
    log = null;
    if (before != null) {
      before.close();
    }
    key = settings.key.get();
    named = true;
    byte[] header = AnswerFormat.line(AnswerFormat.Header.of(key, of, settings.itemsTopic));
    log = RotatingLog.open(settings.directory, AnswerFormat.NAME, settings.limits, header);
    fold = of;
  }

  /** Writes what waits, and ends the file. */
  @Override
  public void stop() throws InterruptedException, IOException {
    stopped = true;
    thread.stop();
    RotatingLog open = log;
    if (open != null) {
      open.close();
    }
  }

  private void write() {
    List<Waiting> batch = new ArrayList<>();
    while (queue.drainTo(batch, 1_000) > 0) {
      batch.forEach(one -> waitingCandidates.addAndGet(-one.ranking.candidates().size()));
      writeByStore(batch);
      batch.clear();
    }
    if (System.nanoTime() - nextSync >= 0) {
      nextSync = System.nanoTime() + SYNC_NANOS;
      sync();
    }
  }

  /** Answers from two stores stand in two files. */
  private void writeByStore(List<Waiting> batch) {
    Map<FoldSettings, List<Waiting>> byStore = new LinkedHashMap<>();
    batch.forEach(
        one -> byStore.computeIfAbsent(one.ranking.fold(), of -> new ArrayList<>()).add(one));
    byStore.forEach((of, answers) -> {
      try {
        if (log == null || !of.equals(fold)) {
          begin(of);
        }
      } catch (IOException e) {
        failed(e);
      }
      write(answers);
    });
  }

  private void write(List<Waiting> batch) {
    if (!named) { // nobody's id is written because there is no key
      dropped.add(batch.size());
      return;
    }
    UserKey names = key;
    List<LoggedAnswer> answers = new ArrayList<>(batch.size());
    for (Waiting waiting : batch) {
      String user = waiting.ranking.request().user();
      String name = names == null ? user : names.name(user);
      answers.add(LoggedAnswer.of(waiting.ranking, name, waiting.catalog));
    }
    try {
      written.accept(answers);
    } catch (RuntimeException e) {
      LOG.error("Answers could not be kept for their clicks", e);
    }
    ByteArrayOutputStream lines = new ByteArrayOutputStream(1 << 16);
    int inFrame = 0;
    for (LoggedAnswer answer : answers) {
      AnswerFormat.write(answer, lines);
      inFrame++;
      if (lines.size() >= MAX_FRAME_BYTES) {
        append(lines, inFrame);
        inFrame = 0;
      }
    }
    append(lines, inFrame);
  }

  private void append(ByteArrayOutputStream lines, int answers) {
    RotatingLog open = log;
    if (answers == 0) {
      return;
    }
    if (open == null) {
      dropped.add(answers);
      lines.reset();
      return;
    }
    try {
      open.append(lines.toByteArray());
      logged.add(answers);
      fault = null;
    } catch (IOException e) {
      dropped.add(answers);
      failed(e);
    }
    lines.reset();
  }

  private void sync() {
    RotatingLog open = log;
    try {
      if (open != null) {
        open.sync();
      }
    } catch (IOException e) {
      failed(e);
    }
  }

  /** Says so once, until it works again. */
  private void failed(IOException e) {
    if (fault == null) {
      LOG.error("Answers cannot be logged to {}; ranking goes on", settings.directory, e);
    }
    fault =
        "answers cannot be logged to %s (%s): it is tried again with the next ones"
            .formatted(settings.directory, e.getMessage());
  }
}
