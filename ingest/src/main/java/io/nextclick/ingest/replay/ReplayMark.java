// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.replay;

import io.nextclick.features.file.DurableFile;
import io.nextclick.features.file.FileHash;
import io.nextclick.ingest.log.EventLogReader;
import io.nextclick.ingest.log.LogLine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;

/**
 * A file that holds how many lines of a log are done, and the hash of the last of them: complete or
 * absent, never half-written. The number alone would pass over the first lines of another log.
 */
final class ReplayMark {

  private final Path file;

  /**
   * How far a log was replayed.
   *
   * @param lines that are done
   * @param lastLine hash of the last of them; empty when none is, and in files of an older version
   */
  record Done(long lines, String lastLine) {

    static final Done NOTHING = new Done(0, "");

    static Done of(long lines, byte[] lastLine) {
      return new Done(lines, HexFormat.of().formatHex(FileHash.digest().digest(lastLine)));
    }
  }

  ReplayMark(Path file) {
    this.file = file;
  }

  /** What is done; nothing when there is no file. */
  Done read() throws IOException {
    if (!Files.exists(file)) {
      return Done.NOTHING;
    }
    String[] text = Files.readString(file).strip().split(" ", 2);
    try {
      long lines = Long.parseLong(text[0]);
      if (lines >= 0) {
        return new Done(lines, text.length == 2 ? text[1] : "");
      }
    } catch (NumberFormatException e) {
      throw new IOException(refusal("does not hold a line number"), e);
    }
    throw new IOException(refusal("does not hold a line number"));
  }

  /**
   * Passes over what is done.
   *
   * @return the number of lines passed over
   * @throws IOException if the log is not the one that was replayed
   */
  long skip(EventLogReader log) throws IOException {
    Done done = read();
    if (done.lines() == 0) {
      return 0;
    }
    long skipped = log.skip(done.lines() - 1);
    LogLine last = log.next();
    if (last == null) {
      throw new IOException(
          refusal("speaks of %d lines, the log has %d".formatted(done.lines(), skipped)));
    }
    if (!done.lastLine().isEmpty() && !done.equals(Done.of(done.lines(), last.value()))) {
      throw new IOException(
          refusal("is of another log: line %d was another one".formatted(done.lines())));
    }
    return done.lines();
  }

  private String refusal(String why) {
    return file + " " + why + ": delete it to replay from the first line";
  }

  void write(Done done) throws IOException {
    DurableFile.write(file, done.lines() + " " + done.lastLine() + "\n");
  }
}
