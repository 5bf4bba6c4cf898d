// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.audit;

import io.nextclick.ingest.log.LogFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/** The names of the log's files: each has the number of its first line. */
final class AuditNames {

  private static final Pattern NAMES = Pattern.compile("audit-\\d{12}\\.jsonl");

  private AuditNames() {}

  /** The files of a log, oldest first. */
  static List<Path> list(Path directory) throws IOException {
    return LogFiles.list(directory, NAMES);
  }

  static Path file(Path directory, long firstLine) {
    return directory.resolve("audit-%012d.jsonl".formatted(firstLine));
  }

  /** The number of the first line of a file. */
  static long firstLine(Path file) {
    return Long.parseLong(file.getFileName().toString().substring(6, 18));
  }
}
