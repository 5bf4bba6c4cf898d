// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.replay;

/**
 * How fast a log is replayed.
 *
 * @param factor times the log's own pace; 0 for as fast as the broker takes it
 */
public record ReplaySpeed(double factor) {

  /** As fast as the broker takes it. */
  public static final ReplaySpeed MAX = new ReplaySpeed(0);

  public ReplaySpeed {
    if (!(factor >= 0 && factor <= 1e6)) {
      throw new IllegalArgumentException("speed=" + factor + "x: at most 1000000x");
    }
  }

  /**
   * Reads {@code max}, or a factor such as {@code 10x}.
   *
   * @throws IllegalArgumentException if it is neither
   */
  public static ReplaySpeed parse(String text) {
    if (text.equals("max")) {
      return MAX;
    }
    try {
      double factor = Double.parseDouble(text.substring(0, Math.max(0, text.length() - 1)));
      if (text.endsWith("x") && factor > 0) {
        return new ReplaySpeed(factor);
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(refusal(text), e);
    }
    throw new IllegalArgumentException(refusal(text));
  }

  private static String refusal(String text) {
    return "speed=" + text + ": give max, or a factor such as 10x or 0.5x";
  }

  /** Nanoseconds after the first event at which an event is due. */
  long dueNanos(long firstMillis, long millis) {
    return factor == 0 ? 0 : (long) (Math.max(0, millis - firstMillis) * 1e6 / factor);
  }
}
