// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.event;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Numbers that belong to the items of one list, and to that list alone: the score by which a
 * retrieval stage found each, a price as it was at that moment. By name, in the order of names.
 */
public final class CandidateFields {

  /** Names at most. */
  public static final int MAX_NAMES = 16;

  /** No fields. */
  public static final CandidateFields NONE = new CandidateFields(List.of(), new float[0][]);

  private static final Pattern NUMBER =
      Pattern.compile("[-+]?(\\d+\\.?\\d*|\\.\\d+)([eE][-+]?\\d{1,9})?");

  private static final int LONGEST_NUMBER = 64;

  private final List<String> names;
  private final float[][] values; // (names, items), NaN where an item has none

  private CandidateFields(List<String> names, float[][] values) {
    this.names = names;
    this.values = values;
  }

  /**
   * Fields by name.
   *
   * @param values by name (items,), finite or NaN where an item has none; not changed afterwards
   */
  public static CandidateFields of(Map<String, float[]> values) {
    var ordered = new TreeMap<>(values);
    return ordered.isEmpty()
        ? NONE
        : new CandidateFields(
            List.copyOf(ordered.keySet()), ordered.values().toArray(float[][]::new));
  }

  /**
   * What is wrong with a number, in words that follow its name; null when it is fine.
   *
   * @param number as it was read
   */
  public static @Nullable String fault(double number) {
    return Float.isFinite((float) number) ? null : "is not a number between -3.4e38 and 3.4e38";
  }

  /**
   * The number that a text is, such as {@code -0.83} or {@code 1e3}.
   *
   * @throws IllegalArgumentException saying what is wrong, in words that follow the number's name
   */
  public static float parse(String text) {
    if (text.length() > LONGEST_NUMBER || !NUMBER.matcher(text).matches()) {
      throw new IllegalArgumentException("is no number such as 0.83");
    }
    double number = Double.parseDouble(text);
    String fault = fault(number);
    if (fault != null) {
      throw new IllegalArgumentException(fault);
    }
    return (float) number;
  }

  /** In order. */
  public List<String> names() {
    return names;
  }

  /** Whether there is none. */
  public boolean isEmpty() {
    return names.isEmpty();
  }

  /** The value of an item; NaN if it has none. */
  public float get(String name, int item) {
    int at = names.indexOf(name);
    return at < 0 ? Float.NaN : values[at][item];
  }

  /** Whether any item has a value of that name. */
  public boolean has(String name) {
    int at = names.indexOf(name);
    if (at >= 0) {
      for (float value : values[at]) {
        if (!Float.isNaN(value)) {
          return true;
        }
      }
    }
    return false;
  }

  /** The values of an item, in the order of {@code wanted}; NaN where it has none. */
  public float[] of(int item, List<String> wanted) {
    float[] row = new float[wanted.size()];
    for (int k = 0; k < row.length; k++) {
      row[k] = get(wanted.get(k), item);
    }
    return row;
  }

  /** The fields of some of the items, in another order. */
  public CandidateFields at(int... items) {
    if (isEmpty()) {
      return this;
    }
    float[][] picked = new float[values.length][items.length];
    for (int k = 0; k < picked.length; k++) {
      for (int i = 0; i < items.length; i++) {
        picked[k][i] = values[k][items[i]];
      }
    }
    return new CandidateFields(names, picked);
  }

  /** Those of some names. */
  public CandidateFields only(List<String> wanted) {
    List<String> kept = names.stream().filter(wanted::contains).toList();
    return kept.isEmpty()
        ? NONE
        : new CandidateFields(
            kept, kept.stream().map(name -> values[names.indexOf(name)]).toArray(float[][]::new));
  }

  /** By name, null where an item has none: as JSON has it. */
  public SequencedMap<String, List<@Nullable Float>> lists() {
    SequencedMap<String, List<@Nullable Float>> lists = new TreeMap<>();
    for (int k = 0; k < values.length; k++) {
      List<@Nullable Float> list = new ArrayList<>(values[k].length);
      for (float value : values[k]) {
        list.add(Float.isNaN(value) ? null : (Float) value);
      }
      lists.put(names.get(k), list);
    }
    return lists;
  }

  /** From the form of {@link #lists}. */
  public static CandidateFields ofLists(Map<String, ? extends List<@Nullable Float>> lists) {
    Map<String, float[]> values = new TreeMap<>();
    lists.forEach((name, list) -> {
      float[] row = new float[list.size()];
      for (int i = 0; i < row.length; i++) {
        Float value = list.get(i);
        row[i] = value == null ? Float.NaN : value;
      }
      values.put(name, row);
    });
    return of(values);
  }

  /** Collects numbers, of one item after the other. Not for several threads. */
  public static final class Builder {

    private final Map<String, float[]> values = new TreeMap<>(); // as long as was needed

    /**
     * Takes a number.
     *
     * @return false if it would be one name too many
     */
    public boolean put(String name, int item, float value) {
      float[] row = values.get(name);
      if (row == null && values.size() == MAX_NAMES) {
        return false;
      }
      if (row == null || item >= row.length) {
        row = resized(row == null ? new float[0] : row, Math.max(64, 2 * item));
        values.put(name, row);
      }
      row[item] = value;
      return true;
    }

    /** All that were taken, for so many items. */
    public CandidateFields build(int items) {
      values.replaceAll((name, row) -> resized(row, items));
      return of(values);
    }

    private static float[] resized(float[] row, int length) {
      float[] resized = Arrays.copyOf(row, length);
      if (length > row.length) {
        Arrays.fill(resized, row.length, length, Float.NaN);
      }
      return resized;
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof CandidateFields fields
        && names.equals(fields.names)
        && Arrays.deepEquals(values, fields.values);
  }

  @Override
  public int hashCode() {
    return 31 * names.hashCode() + Arrays.deepHashCode(values);
  }

  @Override
  public String toString() {
    return lists().toString();
  }
}
