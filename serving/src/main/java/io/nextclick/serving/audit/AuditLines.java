// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.audit;

import io.nextclick.features.file.FileHash;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/** Reads the whole lines of a file one by one, each with its hash; the rest has no line feed. */
final class AuditLines implements Closeable {

  /** Far longer than an entry can be. */
  private static final int MAX_LINE = 1 << 16;

  /**
   * A line.
   *
   * @param chained null if it is none of an audit log
   */
  record Line(String hash, AuditLine.@Nullable Chained chained) {}

  private final InputStream in;
  private long end;
  private long rest;

  AuditLines(Path file) throws IOException {
    in = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
  }

  /** The next line that has its line feed; null after the last one. */
  @Nullable Line next() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream(512);
    MessageDigest digest = FileHash.digest();
    long length = 0;
    for (int b = in.read(); b >= 0; b = in.read()) {
      digest.update((byte) b);
      length++;
      if (b == '\n') {
        end += length;
        boolean whole = length <= MAX_LINE;
        return new Line(FileHash.hex(digest), whole ? AuditLine.read(line.toByteArray()) : null);
      }
      if (length < MAX_LINE) {
        line.write(b);
      }
    }
    rest = length;
    return null;
  }

  /** Where the last line ends. */
  long end() {
    return end;
  }

  /** Bytes after it; known when {@link #next} has returned null. */
  long rest() {
    return rest;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
