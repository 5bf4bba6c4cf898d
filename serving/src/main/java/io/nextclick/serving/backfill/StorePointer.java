// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.backfill;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nextclick.features.file.DurableFile;
import io.nextclick.features.json.Json;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.features.store.WantedFold;
import io.nextclick.serving.state.DataLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Remembers across restarts which store took the place of the configured one. It counts while the
 * configuration names the same store as it did then.
 */
public final class StorePointer {

  private static final Logger LOG = LoggerFactory.getLogger(StorePointer.class);
  private static final JsonMapper JSON = Json.mapper().build();

  private final Path configured;
  private final Path shared;
  private final Path own;
  private Path file;

  /**
   * @param configured the store of the configuration
   */
  public StorePointer(Path configured) {
    this.configured = configured.toAbsolutePath().normalize();
    this.shared = DataLayout.sharedPointer(this.configured);
    this.own = DataLayout.ownPointer(this.configured);
    this.file = Files.exists(own) ? own : shared;
  }

  private record Content(String configured, String serving) {}

  /** The store to serve from: the one that is named, or else the configured one. */
  public Path serving() throws IOException {
    Path named = named();
    return named == null ? configured : named;
  }

  /**
   * The store that was named to serve, with the settings that it has; null for the configured one,
   * with the configured settings.
   *
   * @throws IOException if it is not there, if the file cannot be read, or if it speaks of another
   *     store and there is none to serve from
   */
  public @Nullable Path named() throws IOException {
    if (!Files.exists(file)) {
      return null;
    }
    Content content;
    try {
      content = JSON.readValue(file.toFile(), Content.class);
    } catch (JsonProcessingException e) {
      throw new IOException(file + " names no store: " + e.getOriginalMessage(), e);
    }
    Path serving = read(content.serving());
    if (!read(content.configured()).equals(configured)) {
      if (!Files.exists(configured)) {
        throw new IOException(
            "%s: %s serves in place of %s, but %s is configured and does not exist: an empty store would serve; correct store.path, or remove the file"
                .formatted(file, serving, read(content.configured()), configured));
      }
      LOG.warn("{} speaks of {}, which is not configured; it is left aside", file, content);
      return null;
    }
    if (!Files.isDirectory(serving)) {
      throw new IOException(
          "%s names the store %s, which is not there: put it there, or remove the file to serve from %s, if need be a new one"
              .formatted(file, serving, configured));
    }
    LOG.info("Serving from {}, configured is {}", serving, configured);
    return serving;
  }

  /**
   * Opens the configured store, or the one that is named: that one keeps the settings it has.
   *
   * @param wanted the configured ones
   * @throws IOException also if another store is named that was folded with other settings
   */
  public RocksDbSequenceStore open(WantedFold wanted) throws IOException {
    RocksDbSequenceStore store = opened(wanted);
    if (store.settings().capacity().isShared() && wanted.roomAsStored()) {
      LOG.warn(
          "The store keeps {}: what is shown to a user pushes out what they did. A store of today's"
              + " default keeps them apart: nextclick backfill builds one beside this service,"
              + " which then serves from it; docs/operations.md. store.maxImpressions: 0 keeps this"
              + " one and says no more",
          store.settings().capacity().inWords());
    }
    return store;
  }

  private RocksDbSequenceStore opened(WantedFold wanted) throws IOException {
    Path serving = named();
    if (serving == null) {
      return RocksDbSequenceStore.open(serving(), wanted);
    }
    FoldSettings kept;
    try (RocksDbSequenceStore named = RocksDbSequenceStore.openReadOnly(serving)) {
      kept = named.settings();
    }
    requireSame(serving, kept, wanted.settings());
    return RocksDbSequenceStore.open(serving, kept);
  }

  private static void requireSame(Path serving, FoldSettings settings, FoldSettings configured)
      throws IOException {
    if (!settings.actions().equals(configured.actions())) {
      throw new IOException(
          "store=%s was folded with the actions %s, but the configuration says %s"
              .formatted(serving, settings.actions(), configured.actions()));
    }
    if (!Objects.equals(settings.mapping(), configured.mapping())) {
      throw new IOException(
          "store=%s was folded with events.mapping %s, but the configuration says %s"
              .formatted(serving, settings.mapping(), configured.mapping()));
    }
    if (!settings.times().equals(configured.times())) {
      throw new IOException(
          "store=%s was folded with store.earliest %s and store.latest %s, but the configuration says %s and %s"
              .formatted(
                  serving,
                  settings.times().earliest(),
                  settings.times().latest(),
                  configured.times().earliest(),
                  configured.times().latest()));
    }
    if (!settings.retention().equals(configured.retention())) {
      throw new IOException(
          "store=%s was folded with store.retention %s, but the configuration says %s"
              .formatted(serving, settings.retention(), configured.retention()));
    }
  }

  /** What fills the configured store. */
  public interface Filling {
    void fill() throws IOException;
  }

  /**
   * Fills the configured store and names it, so that it serves with the settings it comes with, now
   * and after a restart.
   *
   * @throws IOException if it cannot be filled; what was named before is named still
   */
  public void fill(Filling filling) throws IOException {
    leaveToOthers();
    byte[] before = Files.exists(file) ? Files.readAllBytes(file) : null;
    keep(configured); // first, or a crash would leave another store named
    try {
      filling.fill();
    } catch (IOException | RuntimeException e) {
      if (before == null) {
        Files.delete(file);
      } else {
        DurableFile.write(file, before);
      }
      throw e;
    }
  }

  /** Names a store: all of it or nothing, on the disk when this returns. */
  void keep(Path serving) throws IOException {
    leaveToOthers();
    Content content = new Content(written(configured), written(serving.toAbsolutePath()));
    Files.createDirectories(file.resolveSibling(""));
    DurableFile.write(file, JSON.writeValueAsBytes(content));
  }

  /** A file that speaks of another store stays: that one would not be found again without it. */
  private void leaveToOthers() throws IOException {
    if (!file.equals(shared) || !Files.exists(shared)) {
      return;
    }
    try {
      Path other = read(JSON.readValue(shared.toFile(), Content.class).configured());
      file = other.equals(configured) || !Files.exists(other) ? shared : own;
    } catch (JsonProcessingException e) {
      LOG.debug("{} speaks of no store", shared, e);
    }
  }

  /** What lies beside the file is named from there: both may move together. */
  private String written(Path store) {
    Path home = file.resolveSibling("");
    return (store.startsWith(home) ? home.relativize(store) : store).toString();
  }

  private Path read(String store) {
    return file.resolveSibling(store).normalize();
  }
}
