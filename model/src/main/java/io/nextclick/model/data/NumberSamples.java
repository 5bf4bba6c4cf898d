// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.data;

import io.nextclick.features.event.CandidateFields;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Numbers that came with items shown: of each name a sample of 65,536 at most, the same for the
 * same log. Of more than 1,024 names, the first ones.
 */
public final class NumberSamples {

  private static final int MOST = 65_536;
  private static final int MOST_NAMES = 1_024;

  private static final class Sample {
    float[] values = new float[64];
    int size;
    long seen;
  }

  private final Map<String, Sample> samples = new TreeMap<>();
  private final SplittableRandom random = new SplittableRandom(1);

  /** Takes in what came with the item at {@code place}. */
  public void add(CandidateFields fields, int place) {
    for (String name : fields.names()) {
      float value = fields.get(name, place);
      Sample sample = samples.get(name);
      if (sample == null && samples.size() < MOST_NAMES) {
        sample = new Sample();
        samples.put(name, sample);
      }
      if (sample != null && !Float.isNaN(value)) {
        add(sample, value);
      }
    }
  }

  /** Each value is kept with the same probability (Vitter's algorithm R). */
  private void add(Sample sample, float value) {
    if (sample.size == sample.values.length && sample.size < MOST) {
      sample.values = Arrays.copyOf(sample.values, 2 * sample.size);
    }
    sample.seen++;
    if (sample.size < sample.values.length) {
      sample.values[sample.size++] = value;
      return;
    }
    long at = random.nextLong(sample.seen);
    if (at < MOST) {
      sample.values[(int) at] = value;
    }
  }

  /** The values of a name, ascending; none if nobody has one. */
  public float[] sorted(String name) {
    Sample sample = samples.get(name);
    float[] sorted = sample == null ? new float[0] : Arrays.copyOf(sample.values, sample.size);
    Arrays.sort(sorted);
    return sorted;
  }

  /** The most frequent names, in the order of names. */
  public List<String> frequent(int most) {
    return samples.entrySet().stream()
        .filter(entry -> entry.getValue().seen > 0)
        .sorted(Comparator.comparingLong(entry -> -entry.getValue().seen))
        .limit(most)
        .map(Map.Entry::getKey)
        .sorted()
        .toList();
  }

  /** Bytes on the heap, about. */
  public long bytes() {
    return samples.values().stream().mapToLong(sample -> 4L * sample.values.length + 64).sum();
  }

  /** Tells other samples from these. */
  public int fingerprint() {
    int hash = 1;
    for (String name : samples.keySet()) {
      hash = 31 * hash + name.hashCode();
      hash = 31 * hash + Arrays.hashCode(sorted(name));
    }
    return hash;
  }
}
