// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.resources;

import io.nextclick.features.event.Decoded;
import io.nextclick.features.event.Event;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The lines of a body that holds one event per line, cut out one at a time: millions of them need
 * no memory of their own. Blank ones are passed over; a body without any other is one line.
 */
final class EventLines implements Iterator<EventLines.Line> {

  /**
   * One line.
   *
   * @param number from 1
   * @param value without its line feed
   */
  record Line(int number, byte[] value) {}

  private final byte[] body;
  private int start;
  private int number;
  private @Nullable Line next;

  EventLines(byte[] body) {
    this.body = body;
    advance();
    if (next == null) {
      next = new Line(1, body);
    }
  }

  /** As above; a body that as a whole is one event, written on several lines, is one line. */
  static Iterator<Line> of(byte[] body, Function<byte[], Decoded> decoder) {
    EventLines lines = new EventLines(body);
    return lines.isOneEvent(decoder) ? List.of(new Line(1, body)).iterator() : lines;
  }

  private boolean isOneEvent(Function<byte[], Decoded> decoder) {
    return next != null
        && start < body.length
        && !(decoder.apply(next.value()) instanceof Event)
        && decoder.apply(body) instanceof Event;
  }

  @Override
  public boolean hasNext() {
    return next != null;
  }

  @Override
  public Line next() {
    Line line = next;
    if (line == null) {
      throw new NoSuchElementException();
    }
    advance();
    return line;
  }

  private void advance() {
    next = null;
    while (next == null && start < body.length) {
      number++;
      boolean blank = true;
      int end = start;
      while (end < body.length && body[end] != '\n') {
        blank &= body[end] == ' ' || body[end] == '\t' || body[end] == '\r';
        end++;
      }
      if (!blank) {
        next = new Line(number, Arrays.copyOfRange(body, start, end));
      }
      start = end + 1;
    }
  }
}
