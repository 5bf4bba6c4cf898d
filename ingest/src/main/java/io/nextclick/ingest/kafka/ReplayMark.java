// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** A file that holds how many lines of a log are done: complete or absent, never half-written. */
final class ReplayMark {

  private final Path file;

  ReplayMark(Path file) {
    this.file = file;
  }

  /** Lines done; 0 when there is no file. */
  long read() throws IOException {
    if (!Files.exists(file)) {
      return 0;
    }
    String text = Files.readString(file).strip();
    try {
      long lines = Long.parseLong(text);
      if (lines >= 0) {
        return lines;
      }
    } catch (NumberFormatException e) {
      throw new IOException(refusal(), e);
    }
    throw new IOException(refusal());
  }

  private String refusal() {
    return file + " does not hold a line number: delete it to replay from the first line";
  }

  void write(long lines) throws IOException {
    Path aside = file.resolveSibling(file.getFileName() + ".partial");
    try (FileChannel out =
        FileChannel.open(
            aside,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer text = StandardCharsets.US_ASCII.encode(lines + "\n");
      while (text.hasRemaining()) {
        out.write(text);
      }
      out.force(true);
    }
    Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
