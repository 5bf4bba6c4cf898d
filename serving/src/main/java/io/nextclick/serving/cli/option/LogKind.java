// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.option;

import io.nextclick.features.event.Event;
import io.nextclick.features.event.RejectedEvent;
import io.nextclick.ingest.log.EventLogReader;
import io.nextclick.ingest.log.LogLine;
import io.nextclick.ingest.log.TopicLogReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** Tells from its first lines whether a file is an event log, and if it is none, what else. */
final class LogKind {

  private static final int LINES = 100;
  private static final String ADVICE = "nextclick import makes event logs";

  private LogKind() {}

  /**
   * What is wrong with a file that should be an event log; null if one of its first lines is an
   * event.
   *
   * @param topicsToo whether it may also be a log of topics
   * @throws IOException if it cannot be read
   */
  static @Nullable String fault(Path file, boolean topicsToo) throws IOException {
    String packed = packed(file);
    if (packed != null) {
      return packed;
    }
    if (TopicLogReader.isTopicLog(file)) {
      return topicsToo
          ? null
          : "is a log of topics, as nextclick export writes it; nextclick replay folds it into a"
              + " store";
    }
    try (EventLogReader reader = EventLogReader.open(file)) {
      String first = null;
      String hint = "";
      for (LogLine line = reader.next();
          line != null && reader.lines() <= LINES;
          line = reader.next()) {
        switch (line.decoded()) {
          case Event event -> {
            return null;
          }
          case RejectedEvent refused -> {
            if (first == null) {
              first = "line 1: " + refused.detail();
              hint = hint(new String(line.value(), StandardCharsets.UTF_8).strip(), file);
            }
          }
        }
      }
      return first == null
          ? "has no line but empty ones; " + ADVICE
          : "is no event log: %s; %s".formatted(first, hint);
    }
  }

  /** What other readers of files begin with. */
  private static @Nullable String packed(Path file) throws IOException {
    String magic;
    try (InputStream in = Files.newInputStream(file)) {
      magic = HexFormat.of().formatHex(in.readNBytes(4));
    }
    String name = file.toString();
    if (magic.startsWith("504b0304")) {
      return "is a zip archive; unpack it";
    }
    if (magic.startsWith("1f8b") && !name.endsWith(".gz")) {
      return "is compressed with gzip; give it a name that ends in .gz";
    }
    if (magic.equals("28b52ffd") && !name.endsWith(".zst")) {
      return "is compressed with Zstandard; give it a name that ends in .zst";
    }
    return magic.equals("50415231")
        ? "is Parquet; write it as CSV and use nextclick import csv"
        : null;
  }

  private static String hint(String line, Path file) {
    if (line.startsWith("{")) {
      return "docs/data-formats.md says what an event has";
    }
    if (line.startsWith("[")) {
      return "it looks like one JSON array; write one event per line (jq -c '.[]')";
    }
    if (line.contains("::")) {
      return "it looks like MovieLens' .dat: nextclick import movielens FOLDER OUT.jsonl.gz";
    }
    if (line.contains(",") || line.contains(";") || line.contains("\t")) {
      return "it looks like CSV: nextclick import csv " + file + " OUT.jsonl.gz --user-column=...";
    }
    return line.matches("\\S+ \\S+")
        ? "it looks like SASRec's: nextclick import sasrec " + file + " OUT.jsonl.gz"
        : ADVICE;
  }
}
