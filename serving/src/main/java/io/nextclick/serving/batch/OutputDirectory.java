// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nextclick.features.file.DurableFile;
import io.nextclick.features.file.FileHash;
import io.nextclick.features.file.HashedFile;
import io.nextclick.features.json.Json;
import io.nextclick.ingest.log.LineReader;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Where a run writes its parts, and remembers which are finished.
 *
 * <pre>
 *  part-00000.jsonl          ranked lists, input rows 0 to n - 1; then part-00001 and so on
 *  rejected-00000.jsonl      rows of the same part that could not be scored, if there are any
 *  manifest.json             written last: what the run was made from, every file with its hash
 *  .progress                 until then: one line for the run, one for each finished part
 *  .lock                     held while a process writes here
 *  .state                    until then: the folded log, where the state comes from one
 * </pre>
 *
 * <p>A part is in the journal {@code .progress} only when its files are on disk under their names.
 * So after any kill, the journal's parts are whole, and everything else is written again.
 */
public final class OutputDirectory implements Closeable {

  /** The manifest's name. */
  public static final String MANIFEST = "manifest.json";

  private static final String JOURNAL = ".progress";
  private static final String LOCK = ".lock";
  private static final String STATE = ".state";
  private static final int MAX_LINE_BYTES = 1 << 20;
  private static final JsonMapper JSON = Json.mapper().build();

  private final Path path;
  private final Map<String, String> run;
  private final FileChannel lock;
  private final List<BatchPart> parts = new ArrayList<>();
  private @Nullable FileChannel journal;
  private @Nullable BatchManifest finished;

  /**
   * Opens a new directory, or one where the same run was interrupted or has finished.
   *
   * @param run what the output is made from: the same entries give the same bytes
   * @throws IOException if another process writes here, or another run has
   */
  public OutputDirectory(Path path, Map<String, String> run) throws IOException {
    this.path = path;
    this.run = Collections.unmodifiableMap(new TreeMap<>(run));
    if (Files.isDirectory(path)
        && Files.notExists(path.resolve(JOURNAL))
        && Files.notExists(path.resolve(MANIFEST))
        && holdsFiles()) {
      throw new IOException(
          path + ": is not empty, and no run has begun there; take another --out");
    }
    Files.createDirectories(path);
    this.lock =
        FileChannel.open(path.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      takeLock();
      if (Files.exists(path.resolve(MANIFEST))) {
        finished = JSON.readValue(path.resolve(MANIFEST).toFile(), BatchManifest.class);
        requireSame(finished.run());
        removeLeftOvers();
      } else {
        resume();
      }
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  private void takeLock() throws IOException {
    try {
      if (lock.tryLock() != null) {
        return;
      }
    } catch (OverlappingFileLockException e) {
      // Held by this process: the same answer.
    }
    throw new IOException(
        path + ": another run is writing here; wait for it or take another --out");
  }

  private void requireSame(Map<String, String> other) throws IOException {
    Set<String> names = new TreeSet<>(run.keySet());
    names.addAll(other.keySet());
    for (String name : names) {
      if (!String.valueOf(run.get(name)).equals(other.get(name))) {
        throw new IOException(
            "%s: holds the output of another run: %s was %s, and is now %s; take another --out"
                .formatted(
                    path, name, other.getOrDefault(name, "none"), run.getOrDefault(name, "none")));
      }
    }
  }

  /**
   * Takes over the parts of the journal whose files are as it says, up to the first that is not.
   */
  private void resume() throws IOException {
    Path file = path.resolve(JOURNAL);
    long good = 0;
    if (Files.exists(file)) {
      good = readJournal(file);
    }
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    journal = channel;
    channel.truncate(good).position(good);
    if (good == 0) {
      append(new Journal(run));
    }
    removeLeftOvers();
  }

  private boolean holdsFiles() throws IOException {
    try (var files = Files.list(path)) {
      return files.anyMatch(file -> !file.endsWith(LOCK));
    }
  }

  /** Returns the length of the journal's good part in bytes. */
  private long readJournal(Path file) throws IOException {
    long good = 0;
    try (LineReader lines = LineReader.open(file, MAX_LINE_BYTES)) {
      long size = Files.size(file);
      for (LineReader.Line line = lines.next(); line != null; line = lines.next()) {
        long end = good + line.length() + 1;
        if (end > size || (line.number() > 1 && !takeOver(line.value()))) {
          break; // cut off by a kill, or its files are not what it says
        }
        if (line.number() == 1) {
          requireSame(JSON.readValue(line.value(), Journal.class).run());
        }
        good = end;
      }
    }
    return good;
  }

  /** The journal's first line. */
  record Journal(Map<String, String> run) {}

  private boolean takeOver(byte[] line) throws IOException {
    BatchPart part;
    try {
      part = JSON.readValue(line, BatchPart.class);
    } catch (JsonProcessingException e) {
      return false;
    }
    if (part.part() != parts.size()) {
      return false;
    }
    for (var entry : part.files().entrySet()) {
      Path file = path.resolve(entry.getKey());
      if (!Files.isRegularFile(file) || !FileHash.of(file).equals(entry.getValue())) {
        return false;
      }
    }
    parts.add(part);
    return true;
  }

  private void removeLeftOvers() throws IOException {
    Set<String> named = new HashSet<>(Set.of(LOCK, MANIFEST));
    BatchManifest manifest = finished;
    (manifest == null ? parts : manifest.parts())
        .forEach(part -> named.addAll(part.files().keySet()));
    named.add(STATE);
    if (manifest == null) {
      named.add(JOURNAL);
    }
    try (var files = Files.list(path)) {
      for (Path file : files.toList()) {
        if (!named.contains(String.valueOf(file.getFileName()))) {
          Files.delete(file);
        }
      }
    }
  }

  /** The manifest, if the run has finished. */
  public @Nullable BatchManifest finished() {
    return finished;
  }

  /** Parts that are finished. */
  public List<BatchPart> parts() {
    return List.copyOf(parts);
  }

  /** Where a log may be folded; it goes when this is closed and the run has finished. */
  public Path state() {
    return path.resolve(STATE);
  }

  /** Begins a file of the next part. */
  HashedFile newFile(String name) throws IOException {
    return HashedFile.begin(path.resolve(name));
  }

  /** Writes a finished part into the journal; its files are under their names. */
  void finish(BatchPart part) throws IOException {
    append(part);
    parts.add(part);
  }

  private void append(Object line) throws IOException {
    FileChannel channel = journal;
    if (channel == null) {
      throw new IllegalStateException("the run has finished");
    }
    ByteBuffer bytes =
        ByteBuffer.wrap((JSON.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
    channel.force(true);
  }

  /** Writes the manifest: the output is whole. */
  public BatchManifest finish() throws IOException {
    BatchManifest manifest = BatchManifest.of(run, parts);
    DurableFile.write(
        path.resolve(MANIFEST), JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(manifest));
    closeJournal();
    finished = manifest;
    removeLeftOvers();
    return manifest;
  }

  private void removeState() throws IOException {
    if (Files.isDirectory(state())) {
      try (var files = Files.list(state())) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(state());
    }
  }

  private void closeJournal() throws IOException {
    if (journal != null) {
      journal.close();
      journal = null;
    }
  }

  @Override
  public void close() throws IOException {
    try (lock) {
      closeJournal();
      if (finished != null) {
        removeState();
      }
    }
  }
}
