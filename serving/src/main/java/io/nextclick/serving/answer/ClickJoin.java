// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

import io.dropwizard.lifecycle.Managed;
import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.ingest.kafka.BatchListener;
import io.nextclick.serving.answer.LoggedAnswer.Shown;
import io.nextclick.serving.concurrent.Periodic;
import io.nextclick.serving.models.Baselines;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Joins logged answers with the clicks of their user that name their request, by event time, and
 * sums clicks and, of calibrated models, predicted probabilities. The state is on the disk:
 * restarts and kills change nothing.
 *
 * <p>An answer counts when its window has passed and the log has been read that far; behind a
 * broker that is away, answers wait.
 */
public final class ClickJoin implements BatchListener, Managed {

  private static final Logger LOG = LoggerFactory.getLogger(ClickJoin.class);

  private static final Duration SETTLE = Duration.ofSeconds(1);

  /** An answer that was given before an erase request has reached the store by then. */
  private static final Duration ON_ITS_WAY = Duration.ofSeconds(2);

  /** How late a click may arrive, and how far clocks may be apart. */
  static final Duration GRACE = Duration.ofMinutes(1);

  /**
   * What is joined.
   *
   * @param directory of the state
   * @param sample the part of the answers that are logged: other clicks belong to none
   * @param key names the users, as in the answers
   * @param click the action that is a click
   * @param window after an answer, in which a click belongs to it, by event time
   * @param grace after the window, before an answer counts
   * @param maxWaiting answers in their windows at once; others are left out and counted
   */
  public record Settings(
      Path directory,
      RequestSample sample,
      UserKey.Source key,
      String click,
      Duration window,
      Duration grace,
      long maxWaiting) {}

  private final Settings settings;
  private final InstantSource clock;
  private volatile @Nullable ImpressionStore store; // null while it, or the key, cannot be had
  private volatile @Nullable UserKey key;
  private volatile @Nullable String fault;
  private final AtomicLong failures = new AtomicLong();
  private volatile @Nullable Instant readUpTo;
  private long nextRemoval = System.nanoTime(); // of the settling thread
  private final Periodic settling = Periodic.later("click-join", SETTLE, this::settle);

  /**
   * Opens the state. One that is in use or damaged keeps nobody from ranking: nothing is joined
   * until it can be opened, see {@link #fault}.
   *
   * @param clock that answers are timed with
   */
  public ClickJoin(Settings settings, InstantSource clock) {
    this.settings = settings;
    this.clock = clock;
    open();
  }

  private @Nullable ImpressionStore open() {
    ImpressionStore open = store;
    if (open == null) {
      try {
        key = settings.key.get();
        open =
            ImpressionStore.open(
                settings.directory, settings.maxWaiting, settings.window, GRACE, clock.millis());
        store = open;
        fault = null;
      } catch (IOException | RuntimeException e) {
        failed(e);
      }
    }
    return open;
  }

  /** Why answers are not joined with clicks now; null while they are. */
  public @Nullable String fault() {
    return fault;
  }

  private void failed(Exception e) {
    if (fault == null) {
      LOG.error("Clicks cannot be joined with answers; ranking goes on", e);
    }
    fault =
        "clicks are not joined with answers (%s): what is shown meanwhile is not counted; move %s away, and it begins anew"
            .formatted(e.getMessage(), settings.directory);
  }

  /** Takes answers in. */
  public void shown(List<LoggedAnswer> answers) {
    List<Impression> impressions = new ArrayList<>(answers.size());
    for (LoggedAnswer answer : answers) {
      List<String> items = new ArrayList<>(answer.items().size());
      double[] probabilities = new double[answer.items().size()];
      for (Shown shown : answer.items()) {
        // NaN, where the model is not calibrated, makes the model's sum of predictions NaN.
        probabilities[items.size()] = shown.probability();
        items.add(shown.item());
      }
      if (!items.isEmpty()) {
        impressions.add(
            new Impression(
                answer.user(),
                answer.request(),
                label(answer),
                answer.time(),
                items,
                probabilities));
      }
    }
    guarded(store -> store.addImpressions(impressions), impressions.size());
  }

  /** Baselines have a version for each fit: all fits count together. */
  private static String label(LoggedAnswer answer) {
    String version = answer.model().version();
    return Baselines.records(version) > 0
        ? answer.model().name()
        : answer.model().name() + "/" + version;
  }

  /** Clicks are put down before the fold moves on: after a kill they come again, and count once. */
  @Override
  public void before(SourceBatch batch) {
    UserKey names = key;
    erase(batch, names);
    List<Click> clicks = new ArrayList<>();
    for (SourceRecord record : batch.records()) {
      if (record.decoded() instanceof Event event
          && event.action().equals(settings.click)
          && event.user() != null
          && event.request() != null
          && settings.sample.includes(event.request())) {
        String user = names == null ? event.user() : names.name(event.user());
        for (String item : event.items()) {
          clicks.add(
              new Click(
                  user, event.request(), item, event.timeMillis(), record.appendTimeMillis()));
        }
      }
    }
    if (!clicks.isEmpty()) {
      guarded(store -> store.addClicks(clicks), clicks.size());
    }
  }

  /** What erased users were shown, and clicked, until now: {@link #settle} removes it. */
  private void erase(SourceBatch batch, @Nullable UserKey names) {
    Map<String, Long> erased = new HashMap<>();
    for (SourceRecord record : batch.records()) {
      if (record.decoded() instanceof Event event && event.kind() == Event.Kind.ERASE) {
        // A log that is read again does not take what was shown since the request.
        long taken = record.appendTimeMillis();
        long now = clock.millis();
        erased.put(
            names == null ? event.key() : names.name(event.key()),
            taken == SourceRecord.UNKNOWN_TIME ? now : Math.min(now, taken + GRACE.toMillis()));
      }
    }
    if (!erased.isEmpty()) {
      guarded(store -> erased.forEach((user, time) -> store.erase(List.of(user), time)), 0);
    }
  }

  @Override
  public void beforeSync() {
    guarded(ImpressionStore::sync, 0);
  }

  @Override
  public void caughtUp(Instant time) {
    readUpTo = time;
  }

  /**
   * @param entries that are left out when it fails
   */
  private void guarded(Consumer<ImpressionStore> work, int entries) {
    ImpressionStore open = store;
    if (open == null) {
      failures.addAndGet(entries);
      return;
    }
    try {
      work.accept(open);
      fault = null;
    } catch (RuntimeException e) {
      failures.addAndGet(Math.max(1, entries));
      failed(e);
    }
  }

  @Override
  public void start() {
    settling.start();
  }

  @Override
  public void stop() throws InterruptedException {
    settling.stop();
    ImpressionStore open = store;
    if (open != null) {
      open.close();
    }
  }

  private void settle() {
    Instant read = readUpTo;
    if (open() != null) {
      removeErased();
    }
    if (open() != null && read != null) {
      Duration after = settings.window.plus(settings.grace);
      guarded(store -> store.settle(read.minus(after).toEpochMilli()), 0);
    }
  }

  /** All that waits is looked at: not again before five times as long has passed. */
  private void removeErased() {
    long begin = System.nanoTime();
    if (begin - nextRemoval < 0) {
      return;
    }
    long before = clock.millis() - ON_ITS_WAY.toMillis();
    guarded(
        store -> {
          if (store.removeErased(before)) {
            nextRemoval = System.nanoTime() + 5 * (System.nanoTime() - begin);
          }
        },
        0);
  }

  /** Visits what waits of a user, by id; nothing while it cannot be read, see {@link #fault}. */
  public void forEachOf(String user, WaitingOfUser.Visitor visitor) {
    ImpressionStore open = store;
    UserKey names = key;
    if (open != null) {
      open.forEachOf(names == null ? user : names.name(user), visitor);
    }
  }

  /** What each model's answers came to, those whose window has passed. */
  public Map<String, ClickSums> sums() {
    ImpressionStore open = store;
    return open == null ? Map.of() : open.sums();
  }

  /** Answers in their windows. */
  public long waiting() {
    ImpressionStore open = store;
    return open == null ? 0 : open.waiting();
  }

  /** Answers and clicks left out since the start: no room, or the disk failed. */
  public long leftOut() {
    ImpressionStore open = store;
    return (open == null ? 0 : open.refused()) + failures.get();
  }
}
