// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.state;

import io.dropwizard.lifecycle.Managed;
import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.features.sequence.Verdict;
import io.nextclick.ingest.kafka.BatchListener;
import io.nextclick.serving.concurrent.Periodic;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells whoever keeps something of users in memory whom to forget: when the request has been
 * folded, and once more 10 to 20 s later, when every answer that was under way then has ended.
 */
public final class ErasedUsers implements BatchListener, Managed {

  private static final Logger LOG = LoggerFactory.getLogger(ErasedUsers.class);
  private static final Duration UNDER_WAY = Duration.ofSeconds(10);
  private static final int MAX_AGAIN = 100_000;

  private final List<Consumer<Set<String>>> listeners = new CopyOnWriteArrayList<>();
  private final Periodic again = Periodic.later("erased-users", UNDER_WAY, this::forgetAgain);
  private Set<String> newer = new HashSet<>();
  private Set<String> older = new HashSet<>();

  /** Tells this one too; it returns soon. */
  public void tell(Consumer<Set<String>> listener) {
    listeners.add(listener);
  }

  @Override
  public void after(SourceBatch batch, List<Verdict> verdicts) {
    Set<String> users = new HashSet<>();
    for (SourceRecord record : batch.records()) {
      if (record.decoded() instanceof Event event && event.kind() == Event.Kind.ERASE) {
        users.add(event.key());
      }
    }
    if (!users.isEmpty()) {
      forget(users);
      tellAgain(users);
    }
  }

  /** Of a flood of requests, some are told once: what comes in late then goes in its own time. */
  private synchronized void tellAgain(Set<String> users) {
    if (newer.size() + users.size() <= MAX_AGAIN) {
      newer.addAll(users);
    }
  }

  private void forgetAgain() {
    Set<String> due;
    synchronized (this) {
      due = older;
      older = newer;
      newer = new HashSet<>();
    }
    if (!due.isEmpty()) {
      forget(due);
    }
  }

  private void forget(Set<String> users) {
    for (Consumer<Set<String>> listener : listeners) {
      try {
        listener.accept(users);
      } catch (RuntimeException e) {
        LOG.error("What is kept in memory of an erased user may still be there", e);
      }
    }
  }

  @Override
  public void start() {
    again.start();
  }

  @Override
  public void stop() throws InterruptedException {
    again.stop();
  }
}
