// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.resources;

import io.nextclick.features.event.Decoded;
import io.nextclick.features.event.Event;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/** The lines of a body that holds one event per line. */
final class EventLines {

  private EventLines() {}

  /**
   * One line.
   *
   * @param number from 1
   * @param value without its line feed
   */
  record Line(int number, byte[] value) {}

  /**
   * The lines that are not blank. A body without any, and one that as a whole is one event, written
   * on several lines, is one line.
   */
  static List<Line> of(byte[] body, Function<byte[], Decoded> decoder) {
    List<Line> lines = new ArrayList<>();
    int start = 0;
    for (int number = 1; start < body.length; number++) {
      int end = start;
      boolean blank = true;
      while (end < body.length && body[end] != '\n') {
        blank &= body[end] == ' ' || body[end] == '\t' || body[end] == '\r';
        end++;
      }
      if (!blank) {
        lines.add(new Line(number, Arrays.copyOfRange(body, start, end)));
      }
      start = end + 1;
    }
    return lines.isEmpty() || isOneEvent(lines, body, decoder) ? List.of(new Line(1, body)) : lines;
  }

  private static boolean isOneEvent(
      List<Line> lines, byte[] body, Function<byte[], Decoded> decoder) {
    return lines.size() > 1
        && !(decoder.apply(lines.getFirst().value()) instanceof Event)
        && decoder.apply(body) instanceof Event;
  }
}
