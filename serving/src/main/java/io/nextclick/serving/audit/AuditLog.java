// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.audit;

import io.dropwizard.lifecycle.Managed;
import io.nextclick.ingest.log.RotatingLog.Limits;
import io.nextclick.serving.answer.UserKey;
import io.nextclick.serving.audit.AuditLine.Event;
import io.nextclick.serving.concurrent.Periodic;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes down who did what, behind the requests: none ever waits. While the disk fails, entries
 * wait in the queue; when that is full, they are lost, counted, and the log itself says how many.
 *
 * <p>Lines are on the disk within a second; what a killed process had not written by then, a tenth
 * of a second's, is gone.
 */
public final class AuditLog implements Managed {

  private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);
  private static final Duration GATHER = Duration.ofMillis(100);
  private static final long SYNC_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
  private static final long AGAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** So long a loss is told by the health check. */
  private static final long RED_NANOS = TimeUnit.MINUTES.toNanos(1);

  /**
   * Where it is written, and how much of it is kept.
   *
   * @param key names the users; it must be one
   * @param queue entries that wait to be written, at most
   */
  public record Settings(Path directory, Limits limits, UserKey.Source key, int queue) {}

  private final Settings settings;
  private final InstantSource clock;
  private final BlockingQueue<AuditEntry> queue;
  private final AtomicLong written = new AtomicLong();
  private final AtomicLong lost = new AtomicLong();
  private final AtomicLong lastLoss = new AtomicLong();
  private final Periodic thread = Periodic.toTheLast("audit-log", GATHER, this::write);
  private volatile @Nullable String diskFault;
  private volatile @Nullable String keyFault;
  private volatile boolean stopped;

  // Of the writing thread.
  private @Nullable AuditFiles files;
  private @Nullable UserKey key;
  private long nextSync = System.nanoTime() + SYNC_NANOS;
  private long nextTry = System.nanoTime();
  private long lostInLog; // those of which the log says that they are lost

  public AuditLog(Settings settings, InstantSource clock) {
    this.settings = settings;
    this.clock = clock;
    this.queue = new ArrayBlockingQueue<>(settings.queue);
  }

  /** Takes an entry, to be written soon; never waits, and never fails. */
  public void append(AuditEntry entry) {
    if (!stopped && queue.offer(entry)) {
      return;
    }
    long now = System.nanoTime();
    long before = lastLoss.getAndSet(now);
    if (lost.getAndIncrement() == 0 || now - before >= RED_NANOS) {
      LOG.error(
          "The audit log in {} has no room for further entries: they are lost; see"
              + " nextclick_audit_lost_total",
          settings.directory);
    }
  }

  /** Lines in the log since the start. */
  public long written() {
    return written.get();
  }

  /** Entries lost since the start: the queue was full. */
  public long lost() {
    return lost.get();
  }

  /** Entries that wait to be written. */
  public int waiting() {
    return queue.size();
  }

  /** What is wrong now; null if nothing is. */
  public @Nullable String fault() {
    String fault = diskFault;
    if (fault == null && lost.get() > 0 && System.nanoTime() - lastLoss.get() < RED_NANOS) {
      fault =
          "the audit log in %s had no room, the last time less than a minute ago: %,d entries are"
              + " lost since the start";
      return fault.formatted(settings.directory, lost.get());
    }
    return fault == null ? keyFault : fault;
  }

  /** Starts to write. What keeps the log from opening is no reason to answer no requests. */
  @Override
  public void start() {
    write(true);
    thread.start();
  }

  /** Writes what waits. */
  @Override
  public void stop() throws InterruptedException {
    stopped = true;
    thread.stop();
    lost.addAndGet(queue.size()); // where the disk fails to the end
    AuditFiles open = files;
    files = null;
    if (open != null) {
      try {
        open.close();
      } catch (IOException e) {
        failed(e);
      }
    }
  }

  /**
   * Writes what waits.
   *
   * @param now also where it failed a moment ago
   */
  private void write(boolean now) {
    if (files == null && !now && System.nanoTime() - nextTry < 0) {
      return;
    }
    try {
      AuditFiles open = files == null ? open() : files;
      files = open;
      for (AuditEntry entry = queue.peek(); entry != null; entry = queue.peek()) {
        tellLoss(open);
        open.append(AuditLine.of(entry, name(entry.user())));
        queue.remove(); // only now: if that failed, it is tried again
        written.incrementAndGet();
        sync(open);
      }
      tellLoss(open);
      sync(open);
      diskFault = null;
    } catch (IOException e) {
      failed(e);
    }
  }

  private AuditFiles open() throws IOException {
    AuditFiles open = new AuditFiles(settings.directory, settings.limits);
    try {
      for (Map.Entry<Event, Long> found : open.found().entrySet()) {
        LOG.warn(
            "The audit log in {} was found with {} ({}): see nextclick audit verify",
            settings.directory,
            found.getKey().label(),
            found.getValue());
        tell(open, found.getKey(), found.getValue());
      }
      return open;
    } catch (IOException e) {
      open.abandon();
      throw e;
    }
  }

  private void tellLoss(AuditFiles open) throws IOException {
    long all = lost.get();
    if (all > lostInLog) {
      tell(open, Event.LOST, all - lostInLog);
      lostInLog = all;
    }
  }

  private void tell(AuditFiles open, Event event, long count) throws IOException {
    open.append(AuditLine.of(event, count, clock.instant()));
    written.incrementAndGet();
  }

  private void sync(AuditFiles open) throws IOException {
    if (System.nanoTime() - nextSync >= 0) {
      nextSync = System.nanoTime() + SYNC_NANOS;
      open.sync();
    }
  }

  /** The user's keyed hash: nobody's id is written because there is no key. */
  private @Nullable String name(@Nullable String user) {
    if (user == null) {
      return null;
    }
    try {
      UserKey names = key == null ? settings.key.get() : key;
      key = names;
      keyFault = null;
      return names == null ? AuditLine.NO_KEY : names.name(user);
    } catch (IOException e) {
      if (keyFault == null) {
        LOG.error("The audit log cannot name users", e);
      }
      keyFault = "the audit log cannot name users: " + e.getMessage();
      return AuditLine.NO_KEY;
    }
  }

  /** Says so once, until it works again. */
  private void failed(IOException e) {
    if (diskFault == null) {
      LOG.error("The audit log cannot be written to {}; ranking goes on", settings.directory, e);
    }
    diskFault =
        "the audit log cannot be written to %s (%s): it is tried again every second"
            .formatted(settings.directory, e.getMessage());
    nextTry = System.nanoTime() + AGAIN_NANOS;
    AuditFiles open = files;
    files = null;
    if (open != null) {
      try {
        open.abandon();
      } catch (IOException again) {
        LOG.debug("The files could not be closed either", again);
      }
    }
  }
}
