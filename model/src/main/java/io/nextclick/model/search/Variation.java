// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.search;

import java.util.Map;
import java.util.TreeMap;

/**
 * A change of a recipe that may help.
 *
 * @param why in words
 * @param changes texts by the names of settings
 */
public record Variation(String why, Map<String, String> changes) {

  public Variation {
    changes = Map.copyOf(changes);
  }

  /** As on the command line. */
  public String text() {
    StringBuilder text = new StringBuilder();
    new TreeMap<>(changes)
        .forEach((name, value) -> {
          text.append(text.isEmpty() ? "" : " ").append(name).append('=').append(value);
        });
    return text.toString();
  }
}
