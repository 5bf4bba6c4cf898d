// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.cross;

import io.nextclick.features.encode.Buckets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The values that are told apart, of a few attributes of items, numbered one after the other. Of an
 * attribute with many numbers, such as a price, a value is a range of them, {@code <=} its end.
 *
 * @param names of the attributes
 * @param sizes how many values each has
 * @param values of all
 */
public record CrossedValues(List<String> names, List<Integer> sizes, List<String> values) {

  /** All values of all attributes, at most: a request computes with each. */
  public static final int MOST = 256;

  /** Attributes, at most. */
  public static final int MOST_NAMES = 8;

  /** Values of one item that are read, at most. */
  public static final int MOST_OF_ITEM = 8;

  /** An attribute of other values than these mostly, such as a title, tells nothing by them. */
  private static final double LEAST_COVERED = 0.5;

  /** Ranges of an attribute with more numbers than this, and the share of values that must be. */
  private static final int RANGES = 8;

  private static final int FEW_NUMBERS = 12;
  private static final double LEAST_NUMBERS = 0.95;
  private static final String UP_TO = "<=";

  private record Found(String name, long total, List<String> values) {}

  /**
   * The most frequent values of the items.
   *
   * @param items the attributes of each
   * @param names of the attributes; empty for all that tell the items apart
   * @param limit values of an attribute, at most
   * @throws IllegalArgumentException if no item has one of the names
   */
  public static CrossedValues find(
      List<Map<String, List<String>>> items, List<String> names, int limit) {
    Map<String, Map<String, Integer>> counts = new TreeMap<>();
    for (Map<String, List<String>> item : items) {
      item.forEach((name, values) -> {
        Map<String, Integer> ofName = counts.computeIfAbsent(name, n -> new HashMap<>());
        values.forEach(value -> ofName.merge(value, 1, Integer::sum));
      });
    }
    List<Found> found = new ArrayList<>();
    for (String name : names.isEmpty() ? counts.keySet() : names) {
      Map<String, Integer> ofName = counts.getOrDefault(name, Map.of());
      if (!names.isEmpty() && ofName.isEmpty()) {
        throw new IllegalArgumentException(
            "crosses=%s: no item that is learnt from has this attribute".formatted(name));
      }
      List<String> ranges = ranges(ofName, Math.min(limit, RANGES));
      Found most =
          ranges.isEmpty()
              ? mostFrequent(name, ofName, limit)
              : new Found(name, total(ofName), ranges);
      if (!names.isEmpty() || !ranges.isEmpty() || tells(most, ofName)) {
        found.add(most);
      }
    }
    if (names.isEmpty()) {
      found.sort(Comparator.comparingLong(Found::total).reversed().thenComparing(Found::name));
    }
    List<String> kept = new ArrayList<>();
    List<Integer> sizes = new ArrayList<>();
    List<String> values = new ArrayList<>();
    for (Found each : found) {
      int room = Math.min(each.values.size(), MOST - values.size());
      if (kept.size() < MOST_NAMES && room > 0) {
        kept.add(each.name);
        sizes.add(room);
        values.addAll(each.values.subList(0, room));
      }
    }
    return new CrossedValues(kept, sizes, values);
  }

  private static Found mostFrequent(String name, Map<String, Integer> counts, int limit) {
    List<String> most =
        counts.keySet().stream()
            .sorted(
                Comparator.comparingInt((String value) -> counts.getOrDefault(value, 0))
                    .reversed()
                    .thenComparing(Comparator.naturalOrder()))
            .limit(limit)
            .toList();
    return new Found(name, total(counts), most);
  }

  /** Ranges with about as many items in each; none of an attribute of few numbers, or of texts. */
  private static List<String> ranges(Map<String, Integer> counts, int most) {
    TreeMap<Double, Integer> numbers = new TreeMap<>();
    counts.forEach((text, count) -> {
      double number = number(text);
      if (!Double.isNaN(number)) {
        numbers.merge(number, count, Integer::sum);
      }
    });
    long all = numbers.values().stream().mapToLong(Integer::longValue).sum();
    if (numbers.size() <= FEW_NUMBERS || all < LEAST_NUMBERS * total(counts)) {
      return List.of();
    }
    List<String> ranges = new ArrayList<>();
    long below = 0;
    for (Map.Entry<Double, Integer> entry : numbers.entrySet()) {
      below += entry.getValue();
      if (below >= all * (ranges.size() + 1.0) / most && ranges.size() < most - 1) {
        ranges.add(UP_TO + entry.getKey());
      }
    }
    ranges.add(UP_TO + Double.POSITIVE_INFINITY);
    return ranges;
  }

  /** NaN for a text that is none. */
  private static double number(String text) {
    try {
      double number = Double.parseDouble(text);
      return Double.isFinite(number) ? number : Double.NaN;
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }

  private static long total(Map<String, Integer> counts) {
    return counts.values().stream().mapToLong(Integer::longValue).sum();
  }

  private static boolean tells(Found found, Map<String, Integer> counts) {
    long covered = found.values.stream().mapToLong(value -> counts.getOrDefault(value, 0)).sum();
    return counts.size() >= 2 && covered >= LEAST_COVERED * found.total;
  }

  /** How many values there are: the number that stands for none of them. */
  public int count() {
    return values.size();
  }

  /** The place of the name of each value. */
  public int[] nameOf() {
    int[] nameOf = new int[count()];
    int end = 0;
    for (int name = 0; name < sizes.size(); name++) {
      Arrays.fill(nameOf, end, end + sizes.get(name), name);
      end += sizes.get(name);
    }
    return nameOf;
  }

  /**
   * The values of an item, in no order but that of the attributes, each once.
   *
   * @param numbers as {@link #numbers} has them
   */
  List<Integer> of(
      Map<String, List<String>> attributes, Map<String, Map<String, Integer>> numbers) {
    List<Integer> own = new ArrayList<>();
    for (String name : names) {
      Map<String, Integer> ofName = numbers.getOrDefault(name, Map.of());
      for (String text : attributes.getOrDefault(name, List.of())) {
        Integer value = ofName.getOrDefault(text, range(text, ofName));
        if (value >= 0 && !own.contains(value)) {
          own.add(value);
        }
      }
    }
    return own;
  }

  /** The range that a number lies in; -1 for none. */
  private static int range(String text, Map<String, Integer> ofName) {
    double number = number(text);
    int found = -1;
    double end = Double.POSITIVE_INFINITY;
    for (Map.Entry<String, Integer> entry : ofName.entrySet()) {
      if (entry.getKey().startsWith(UP_TO) && !Double.isNaN(number)) {
        double own = end(entry.getKey());
        if (number <= own && own <= end) {
          end = own;
          found = entry.getValue();
        }
      }
    }
    return found;
  }

  private static double end(String range) {
    try {
      return Double.parseDouble(range.substring(UP_TO.length()));
    } catch (NumberFormatException e) {
      return Double.NaN; // a text that begins like a range: no number is in it
    }
  }

  /** The number of each value, by name and value. */
  Map<String, Map<String, Integer>> numbers() {
    Map<String, Map<String, Integer>> numbers = new HashMap<>();
    int[] nameOf = nameOf();
    for (int v = 0; v < nameOf.length; v++) {
      numbers.computeIfAbsent(names.get(nameOf[v]), n -> new HashMap<>()).put(values.get(v), v);
    }
    return numbers;
  }

  /** The value that each attribute bucket stands for; {@link #count} where it stands for none. */
  public int[] byBucket(int buckets) {
    int[] byBucket = new int[buckets];
    Arrays.fill(byBucket, count());
    int[] nameOf = nameOf();
    for (int v = count() - 1; v >= 0 && buckets > 0; v--) {
      byBucket[Buckets.of(names.get(nameOf[v]), values.get(v), buckets)] = v;
    }
    return byBucket;
  }
}
