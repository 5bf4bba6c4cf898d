// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.ingest.log.ChainCheck;
import io.nextclick.ingest.log.LogFrames;
import io.nextclick.ingest.log.RotatingLog;
import io.nextclick.serving.answer.AnswerFormat.Header;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads answers file by file: a directory that a service writes to, or one file. */
public final class AnswerLogReader {

  private final List<Path> files;
  private final ChainCheck chain;
  private @Nullable Header header;
  private boolean headed; // the file that is being read
  private int next;
  private @Nullable LogFrames frames; // of it; null for a plain file
  private Iterator<String> lines = Collections.emptyIterator();
  private @Nullable String answer; // the line that comes next

  private AnswerLogReader(List<Path> files, ChainCheck chain) {
    this.files = files;
    this.chain = chain;
  }

  /**
   * Opens a log.
   *
   * @param path a directory with the files of a log, one of them, or its lines uncompressed
   * @throws IOException if there is none, or it is no answer log
   */
  public static AnswerLogReader open(Path path) throws IOException {
    return open(path, null);
  }

  /**
   * Opens a log that a hash must stand in.
   *
   * @param known the hash; null for none
   */
  public static AnswerLogReader open(Path path, @Nullable String known) throws IOException {
    boolean whole = Files.isDirectory(path);
    List<Path> files = whole ? RotatingLog.list(path, AnswerFormat.NAME) : List.of(path);
    AnswerLogReader reader = new AnswerLogReader(files, new ChainCheck(whole, known));
    try {
      if (!reader.advance()) {
        throw new IOException(
            path + ": holds no answers; a service writes them where answers.directory says");
      }
    } catch (CharacterCodingException e) {
      throw new IOException(path + ": is no log of answers, which is UTF-8 text", e);
    }
    return reader;
  }

  /** The settings that the state of the answer read last, or else of the first, was folded with. */
  public FoldSettings fold() {
    return header().settings();
  }

  /** Where the catalogue came from. */
  public @Nullable String itemsTopic() {
    return header().itemsTopic();
  }

  /** Whether users stand in the log as they are. */
  public boolean rawUsers() {
    return header().key() == null;
  }

  /** Whether {@code key} names the users of this log. */
  public boolean writtenWith(UserKey key) {
    return key.fingerprint().equals(header().key());
  }

  private Header header() {
    if (header == null) {
      throw new IllegalStateException("not opened");
    }
    return header;
  }

  /**
   * The next answer, or null at the end.
   *
   * @throws IOException if a file is damaged, or its users or its catalogue are named otherwise
   */
  public @Nullable LoggedAnswer next() throws IOException {
    if (!advance() || answer == null) {
      return null;
    }
    String line = answer;
    answer = null;
    return AnswerFormat.answer(line);
  }

  /** Whether the hashes of what was read are right; all is known once {@link #next} gave null. */
  public ChainCheck chain() {
    return chain;
  }

  /** Makes sure that an answer is waiting; false at the end. Holds one frame at a time. */
  private boolean advance() throws IOException {
    try {
      while (answer == null) {
        if (lines.hasNext()) {
          take(lines.next());
        } else if (frames != null && frames.hasNext()) {
          lines = new String(frames.next(), StandardCharsets.UTF_8).lines().iterator();
        } else if (!turn()) {
          return false;
        }
      }
      return true;
    } catch (UncheckedIOException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private void take(String line) throws IOException {
    if (chain.take(line)) {
      return;
    }
    if (headed) {
      answer = line;
    } else {
      headed = true;
      takeHeader(files.get(next - 1), line);
    }
  }

  /** Ends a file and begins the next; false at the end. */
  private boolean turn() throws IOException {
    if (next > files.size()) {
      return false;
    }
    if (next > 0) {
      chain.end(frames == null ? 0 : frames.rest());
    }
    if (next == files.size()) {
      next++;
      chain.finish();
      return false;
    }
    Path file = files.get(next++);
    headed = false;
    chain.begin(String.valueOf(file.getFileName()), RotatingLog.isOpen(file));
    boolean plain = file.toString().endsWith(".jsonl");
    frames = plain ? null : RotatingLog.frames(file);
    lines = plain ? Files.readAllLines(file).iterator() : Collections.emptyIterator();
    return true;
  }

  private void takeHeader(Path file, String line) throws IOException {
    Header found;
    try {
      found = AnswerFormat.header(line);
    } catch (JsonProcessingException e) {
      throw new IOException(file + ": is no log of answers: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
    if (header != null && !header.readsLike(found)) {
      throw new IOException(
          file + ": was written with other settings than the file before: verify them apart");
    }
    if (found.hasHashes()) {
      chain.requireHashes();
    }
    header = found;
  }
}
