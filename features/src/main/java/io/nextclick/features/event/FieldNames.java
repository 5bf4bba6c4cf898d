// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.event;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Says of a field that nobody knows how it is called, and which known one may be meant. */
public final class FieldNames {

  private static final Pattern SHOWN = Pattern.compile("[\\w.$@-]{1,40}");
  private static final int LONGEST_COMPARED = 64;

  private FieldNames() {}

  /**
   * A name that may be shown: one of letters, digits and few signs, at most 40; a question mark for
   * any other, which may be anything.
   */
  public static String shown(String name) {
    return SHOWN.matcher(name).matches() ? name : "?";
  }

  /** {@code ; did you mean NAME?}, or nothing when none of the known names is near. */
  public static String suggestion(String name, Collection<String> known) {
    String nearest = nearest(name, known);
    return nearest == null ? "" : "; did you mean " + nearest + "?";
  }

  private static @Nullable String nearest(String name, Collection<String> known) {
    if (name.length() > LONGEST_COMPARED) {
      return null;
    }
    String lower = name.toLowerCase(Locale.ROOT);
    return known.stream()
        .filter(candidate -> near(lower, candidate.toLowerCase(Locale.ROOT)))
        .min(
            Comparator.comparingInt(
                    (String candidate) -> distance(lower, candidate.toLowerCase(Locale.ROOT)))
                .thenComparing(Comparator.naturalOrder()))
        .orElse(null);
  }

  /** A few letters away, or one within the other: {@code userId}, {@code event_time}. */
  private static boolean near(String name, String known) {
    int shorter = Math.min(name.length(), known.length());
    return distance(name, known) <= Math.max(1, shorter / 3)
        || (known.length() >= 4 && name.contains(known))
        || (name.length() >= 4 && known.contains(name));
  }

  /** Edits that make one of the other: insert, delete, replace, swap two neighbours. */
  private static int distance(String a, String b) {
    int[][] edits = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          edits[i][j] = i + j;
          continue;
        }
        int replaced = edits[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        edits[i][j] = Math.min(replaced, 1 + Math.min(edits[i - 1][j], edits[i][j - 1]));
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          edits[i][j] = Math.min(edits[i][j], 1 + edits[i - 2][j - 2]);
        }
      }
    }
    return edits[a.length()][b.length()];
  }
}
