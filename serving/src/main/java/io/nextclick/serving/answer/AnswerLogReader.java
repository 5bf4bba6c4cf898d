// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.ingest.log.Compression;
import io.nextclick.ingest.log.RotatingLog;
import io.nextclick.serving.answer.AnswerFormat.Header;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads answers file by file: a directory that a service writes to, or one file. */
public final class AnswerLogReader {

  private final List<Path> files;
  private @Nullable Header header;
  private int next;
  private Iterator<String> lines = List.<String>of().iterator();

  private AnswerLogReader(List<Path> files) {
    this.files = files;
  }

  /**
   * Opens a log.
   *
   * @param path a directory with the files of a log, or one of them, compressed or not
   * @throws IOException if there is none, or it is no answer log
   */
  public static AnswerLogReader open(Path path) throws IOException {
    List<Path> files =
        Files.isDirectory(path) ? RotatingLog.list(path, AnswerFormat.NAME) : List.of(path);
    AnswerLogReader reader = new AnswerLogReader(files);
    if (!reader.advance()) {
      throw new IOException(path + ": holds no answers");
    }
    return reader;
  }

  /** The settings that the logged states were folded with. */
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
   * @throws IOException if a file is damaged, or was written with other settings than the first
   */
  public @Nullable LoggedAnswer next() throws IOException {
    return advance() ? AnswerFormat.answer(lines.next()) : null;
  }

  /** Makes sure that a line is waiting; false at the end. */
  private boolean advance() throws IOException {
    while (!lines.hasNext() && next < files.size()) {
      Path file = files.get(next++);
      lines = text(file).lines().iterator();
      if (lines.hasNext()) {
        takeHeader(file, lines.next());
      }
    }
    return lines.hasNext();
  }

  private void takeHeader(Path file, String line) throws IOException {
    Header found;
    try {
      found = AnswerFormat.header(line);
    } catch (IOException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
    if (header != null && !header.equals(found)) {
      throw new IOException(
          file + ": was written with other settings than the file before: verify them apart");
    }
    header = found;
  }

  private static String text(Path file) throws IOException {
    String name = file.getFileName().toString();
    if (name.endsWith(".zst") || name.endsWith(".open")) {
      return new String(RotatingLog.read(file), StandardCharsets.UTF_8);
    }
    try (InputStream in =
        Compression.of(file).decompress(new ByteArrayInputStream(Files.readAllBytes(file)))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
