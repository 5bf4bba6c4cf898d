// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.audit;

import io.nextclick.serving.audit.AuditLine.Event;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where the chain goes on after a stop or a kill. Where the files are not what the head knows, it
 * goes on from the head: the gap then stays visible, and the log tells it as well.
 *
 * @param first the number of the oldest line
 * @param number of the last line
 * @param hash of it
 * @param newest the file to go on in; null to begin one
 * @param found what the log is to tell, with a count each
 */
record AuditResume(
    long first, long number, String hash, @Nullable Path newest, Map<Event, Long> found) {

  static AuditResume of(Path directory) throws IOException {
    Map<Event, Long> found = new EnumMap<>(Event.class);
    AuditHead head = AuditHead.read(directory);
    Path newest = null;
    Last last = null;
    List<Path> files = AuditNames.list(directory);
    for (int i = files.size() - 1; i >= 0 && last == null; i--) {
      Path file = files.get(i);
      boolean isNewest = newest == null;
      last = read(file, head, isNewest, found);
      if (last == null && isNewest && Files.size(file) == 0) {
        Files.delete(file); // it was just begun, or its only line was cut
      } else if (isNewest) {
        newest = file;
      }
    }
    if (head == null) {
      if (!files.isEmpty()) {
        found.put(Event.NO_HEAD, (long) files.size());
      }
      head = new AuditHead(files.isEmpty() ? 1 : AuditNames.firstLine(files.getFirst()), 0, "");
    }
    long number = Math.max(head.last(), last == null ? 0 : last.number);
    if (newest != null) {
      number = Math.max(number, AuditNames.firstLine(newest)); // whatever else bears its name
    }
    String hash = last == null ? AuditLine.NONE : last.hash;
    boolean behind = last == null ? head.last() >= head.first() : last.number < head.last();
    boolean other = last != null && last.headHash != null && !last.headHash.equals(head.hash());
    if (behind || other) {
      found.put(Event.HEAD_DIFFERS, behind && last != null ? head.last() - last.number : 0);
      hash = head.hash();
    }
    return new AuditResume(head.first(), number, hash, newest, found);
  }

  /**
   * The last line of a file.
   *
   * @param headHash of the line that the head knows, where the file has it
   */
  private record Last(long number, String hash, @Nullable String headHash) {}

  private static @Nullable Last read(
      Path file, @Nullable AuditHead head, boolean cut, Map<Event, Long> found) throws IOException {
    Last last = null;
    try (AuditLines lines = new AuditLines(file)) {
      String headHash = null;
      for (AuditLines.Line line = lines.next(); line != null; line = lines.next()) {
        AuditLine.Chained chained = line.chained();
        long number = chained == null ? last == null ? 0 : last.number : chained.number();
        if (head != null && chained != null && number == head.last()) {
          headHash = line.hash();
        }
        last = new Last(number, line.hash(), headHash);
      }
      if (cut && lines.rest() > 0) {
        found.put(Event.CUT_LINE, lines.rest());
        cut(file, lines.end());
      }
    }
    return last;
  }

  private static void cut(Path file, long end) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(end);
      channel.force(true);
    }
  }
}
