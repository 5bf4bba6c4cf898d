// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.nextclick.features.sequence.FoldSettings;
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
  private @Nullable Header header;
  private int next;
  private Iterator<byte[]> frames = Collections.emptyIterator();
  private Iterator<String> lines = Collections.emptyIterator();

  private AnswerLogReader(List<Path> files) {
    this.files = files;
  }

  /**
   * Opens a log.
   *
   * @param path a directory with the files of a log, one of them, or its lines uncompressed
   * @throws IOException if there is none, or it is no answer log
   */
  public static AnswerLogReader open(Path path) throws IOException {
    List<Path> files =
        Files.isDirectory(path) ? RotatingLog.list(path, AnswerFormat.NAME) : List.of(path);
    AnswerLogReader reader = new AnswerLogReader(files);
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
    return advance() ? AnswerFormat.answer(lines.next()) : null;
  }

  /** Makes sure that a line is waiting; false at the end. Holds one frame at a time. */
  private boolean advance() throws IOException {
    try {
      while (!lines.hasNext() && (frames.hasNext() || next < files.size())) {
        if (frames.hasNext()) {
          lines = new String(frames.next(), StandardCharsets.UTF_8).lines().iterator();
        } else {
          begin(files.get(next++));
        }
      }
      return lines.hasNext();
    } catch (UncheckedIOException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private void begin(Path file) throws IOException {
    if (file.toString().endsWith(".jsonl")) {
      lines = Files.readAllLines(file).iterator();
    } else {
      frames = RotatingLog.frames(file);
      lines =
          frames.hasNext()
              ? new String(frames.next(), StandardCharsets.UTF_8).lines().iterator()
              : Collections.emptyIterator();
    }
    if (lines.hasNext()) {
      takeHeader(file, lines.next());
    }
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
    header = found;
  }
}
