// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.state;

import io.dropwizard.lifecycle.Managed;
import io.nextclick.features.file.Disk;
import io.nextclick.serving.concurrent.Periodic;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes checkpoints of the store while the service runs: on a schedule, and when asked. The oldest
 * go, so that a bounded number stays.
 */
public final class Checkpoints implements Managed {

  private static final Logger LOG = LoggerFactory.getLogger(Checkpoints.class);
  private static final String PREFIX = "checkpoint-";
  private static final String GOING = ".partial"; // also what a crash left of a new one
  private static final DateTimeFormatter NAME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss.SSS'Z'").withZone(ZoneOffset.UTC);

  private final ServingStore store;
  private final Settings settings;
  private final InstantSource clock;
  private final Periodic schedule;

  /**
   * Where and when.
   *
   * @param directory of all checkpoints; made when missing
   * @param every between two; zero for none but those asked for
   * @param keep how many stay, at least 1
   */
  public record Settings(Path directory, Duration every, int keep) {}

  public Checkpoints(ServingStore store, Settings settings, InstantSource clock) {
    this.store = store;
    this.settings = settings;
    this.clock = clock;
    this.schedule = Periodic.later("checkpoints", settings.every(), this::writeInTurn);
  }

  /**
   * Writes one now.
   *
   * @return where it is
   */
  public synchronized Path write() throws IOException {
    Files.createDirectories(settings.directory());
    Path target = settings.directory().resolve(PREFIX + NAME.format(clock.instant()));
    store.current().checkpoint(target);
    LOG.info("Wrote checkpoint {}", target);
    removeOldest(target);
    return target;
  }

  /**
   * Keeps the newest and the others by their names, which are their times. What is named after the
   * newest was written with a clock that has been put right since: it goes first.
   */
  private void removeOldest(Path newest) throws IOException {
    List<Path> written;
    try (Stream<Path> files = Files.list(settings.directory())) {
      written =
          files
              .filter(file -> String.valueOf(file.getFileName()).matches(PREFIX + "[0-9TZ.]+"))
              .filter(file -> !file.equals(newest))
              .sorted(
                  Comparator.comparing((Path file) -> file.compareTo(newest) < 0)
                      .thenComparing(Comparator.naturalOrder()))
              .toList();
    }
    for (Path old : written.subList(0, Math.max(0, written.size() + 1 - settings.keep()))) {
      // Under its name it is whole, until it is gone.
      Path going = old.resolveSibling(old.getFileName() + GOING);
      Disk.rename(old, going);
    }
    try (Stream<Path> files = Files.list(settings.directory())) {
      for (Path going : files.filter(file -> file.toString().endsWith(GOING)).toList()) {
        delete(going);
      }
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }

  @Override
  public void start() {
    if (!settings.every().isZero()) {
      schedule.start();
    }
  }

  @Override
  public void stop() throws InterruptedException {
    schedule.stop();
  }

  private void writeInTurn() {
    try {
      write();
    } catch (IOException | UncheckedIOException e) {
      LOG.error("No checkpoint could be written; the next one is tried in its turn", e);
    }
  }
}
