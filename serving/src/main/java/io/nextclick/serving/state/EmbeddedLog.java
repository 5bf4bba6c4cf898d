// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.state;

import io.nextclick.broker.EmbeddedBroker;
import io.nextclick.ingest.kafka.client.KafkaSettings;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A single-node broker inside this process, with its log on disk. One that fails, as when its disk
 * is full or file handles are out, never comes back by itself: it is closed, and another one takes
 * its place, and its port, once the log can be written.
 */
public final class EmbeddedLog implements LogSource {

  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedLog.class);
  private static final long LOOK_MILLIS = 500;
  private static final long LOOK_FOR_ROOM_MILLIS = 2_000;
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** Below so many free bytes, or a twentieth of a small file system, no events are taken. */
  private static final long MIN_FREE_BYTES = 64L << 20;

  /** What a trial writes: more than the broker's own files need to begin with. */
  private static final int TRIAL_BYTES = 1 << 20;

  private final Path directory;
  private final int port;
  private final Function<String, KafkaSettings> settings;
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final Thread watch =
      Thread.ofPlatform().name("embedded-log").daemon().unstarted(this::watch);
  private @Nullable EmbeddedBroker broker;
  private volatile @Nullable String fault;
  private volatile @Nullable String full;

  /**
   * @param port for clients; 0 takes a free one
   * @param settings from the bootstrap servers
   */
  public EmbeddedLog(Path directory, int port, Function<String, KafkaSettings> settings) {
    this.directory = directory;
    this.port = port;
    this.settings = settings;
  }

  @Override
  public synchronized KafkaSettings open() throws IOException {
    EmbeddedBroker started;
    try {
      started = EmbeddedBroker.start(directory, port);
    } catch (NoClassDefFoundError e) {
      throw new IOException(
          "The embedded broker is not on the class path: start with ./nextclick, or set"
              + " kafka.servers to a cluster",
          e);
    }
    broker = started;
    if (stopped.getCount() > 0) {
      watch.start();
    }
    return settings.apply(started.bootstrapServers());
  }

  @Override
  public @Nullable String fault() {
    return fault;
  }

  @Override
  public @Nullable String full() {
    return full;
  }

  private void watch() {
    try {
      while (!stopped.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
        EmbeddedBroker running = running();
        String why = running == null ? null : running.fault();
        full = roomIsShort();
        if (running != null && why != null) {
          fault = why;
          LOG.error("No events are taken: {}; another one is started when it can be written", why);
          replace(running, why);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized @Nullable EmbeddedBroker running() {
    return broker;
  }

  private void replace(EmbeddedBroker failed, String why) throws InterruptedException {
    int at = URI.create("kafka://" + failed.bootstrapServers()).getPort();
    failed.close();
    do {
      try {
        tryToWrite();
        if (startAgain(at)) {
          fault = null;
          LOG.warn("The embedded broker is back; it had failed: {}", why);
        }
        return;
      } catch (IOException e) {
        fault = why + "; it is not back yet: " + e.getMessage();
      }
    } while (!stopped.await(LOOK_FOR_ROOM_MILLIS, TimeUnit.MILLISECONDS));
  }

  /** False when we were told to stop. */
  private synchronized boolean startAgain(int at) throws IOException {
    broker = null;
    if (stopped.getCount() == 0) {
      return false;
    }
    broker = EmbeddedBroker.start(directory, at);
    return true;
  }

  /** Takes room, and a file handle, as the broker will. */
  private void tryToWrite() throws IOException {
    String shortage = roomIsShort();
    if (shortage != null) {
      throw new IOException(shortage);
    }
    Path trial = directory.resolve(".trial");
    try (FileChannel file =
        FileChannel.open(trial, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.allocate(TRIAL_BYTES);
      while (bytes.hasRemaining()) {
        file.write(bytes);
      }
    } finally {
      Files.deleteIfExists(trial);
    }
  }

  private @Nullable String roomIsShort() {
    try {
      FileStore store = Files.getFileStore(directory);
      long free = store.getUsableSpace();
      long floor = Math.min(MIN_FREE_BYTES, store.getTotalSpace() / 20);
      return free >= floor
          ? null
          : "the file system of kafka.directory (%s) has %,d bytes free, less than %,d: make room"
              .formatted(directory, free, floor);
    } catch (IOException e) {
      return "cannot tell how much room %s has: %s".formatted(directory, e.getMessage());
    }
  }

  @Override
  public void close() {
    stopped.countDown();
    try {
      watch.join(PATIENCE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    closeBroker();
  }

  private synchronized void closeBroker() {
    if (broker != null) {
      broker.close();
      broker = null;
    }
  }
}
