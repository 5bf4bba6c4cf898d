// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.baseline;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.sequence.FoldSettings;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.Set;

/** The actions that say that a user wanted an item, as codes of {@link FoldSettings#actions()}. */
public final class PositiveActions {

  private static final Set<String> NOT_POSITIVE = Set.of("impression", "dislike");

  private final BitSet codes = new BitSet();

  private PositiveActions() {}

  /** Every action but {@code impression} and {@code dislike}. */
  public static PositiveActions of(FoldSettings settings) {
    return of(
        settings, settings.actions().stream().filter(a -> !NOT_POSITIVE.contains(a)).toList());
  }

  /**
   * The named actions.
   *
   * @throws IllegalArgumentException if there is none, or one is not among the settings' actions
   */
  public static PositiveActions of(FoldSettings settings, Collection<String> actions) {
    var positive = new PositiveActions();
    for (String action : actions) {
      int code = settings.actionCode(action);
      if (code < 0) {
        throw new IllegalArgumentException(
            "unknown action: " + action + ", known are " + settings.actions());
      }
      positive.codes.set(code);
    }
    if (positive.codes.isEmpty()) {
      throw new IllegalArgumentException("no positive action");
    }
    return positive;
  }

  /**
   * The rows of the items wanted last, newest first; several positive actions in a row on one count
   * once.
   *
   * @param most rows at most
   */
  int[] last(EncodedRequest request, int most) {
    int[] items = request.historyItems();
    int[] wanted = new int[most];
    int length = 0;
    for (int t = items.length - 1; t >= 0 && length < most; t--) {
      boolean repeat = length > 0 && items[t] == wanted[length - 1];
      if (contains(request.historyActions()[t]) && !repeat) {
        wanted[length++] = items[t];
      }
    }
    return Arrays.copyOf(wanted, length);
  }

  /** Whether the action with this code is positive. */
  public boolean contains(int code) {
    return codes.get(code);
  }
}
