// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.shape;

import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * How far what is wanted in the second half of a log is something else than in the first: 1 less
 * Morisita's index of overlap (1959), which does not depend on how many events there are. A
 * reservoir of events bounds the memory (Vitter, 1985).
 */
final class Drift {

  private static final int MOST = 131_072;

  private final SplittableRandom random = new SplittableRandom(7);
  private long[] items = new long[1_024];
  private long[] times = new long[1_024];
  private long seen;

  void take(long item, long timeMillis) {
    long place = seen < MOST ? seen : random.nextLong(seen + 1);
    seen++;
    if (place >= MOST) {
      return;
    }
    if (place >= items.length) {
      items = Arrays.copyOf(items, 2 * items.length);
      times = Arrays.copyOf(times, 2 * times.length);
    }
    items[(int) place] = item;
    times[(int) place] = timeMillis;
  }

  /** From 0, the same items as often, to 1, none of them; 0 where nothing comes up twice. */
  double value() {
    int length = (int) Math.min(seen, MOST);
    int[] order =
        IntStream.range(0, length)
            .boxed()
            .sorted(Comparator.comparingLong(i -> times[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    int half = length / 2;
    Map<Long, long[]> counts = new HashMap<>();
    for (int i = 0; i < length; i++) {
      counts.computeIfAbsent(items[order[i]], key -> new long[2])[i < half ? 0 : 1]++;
    }
    double both = 0;
    double first = 0;
    double second = 0;
    for (long[] count : counts.values()) {
      both += (double) count[0] * count[1];
      first += count[0] * (count[0] - 1.0);
      second += count[1] * (count[1] - 1.0);
    }
    double before = half;
    double after = length - before;
    double same = first / (before * (before - 1)) + second / (after * (after - 1));
    return same > 0 ? Math.clamp(1 - 2 * both / (before * after * same), 0, 1) : 0;
  }
}
