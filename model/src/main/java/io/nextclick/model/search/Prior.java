// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.search;

import io.nextclick.model.train.Recipe;
import java.util.Map;

/**
 * A recipe to begin with.
 *
 * @param why it may fit, in words
 * @param preset that it begins with
 * @param changes of the preset
 */
public record Prior(String why, String preset, Map<String, String> changes) {

  public Prior {
    changes = Map.copyOf(changes);
  }

  /**
   * The recipe.
   *
   * @param fixed changes that somebody wants whatever is found
   */
  public Recipe recipe(Map<String, String> fixed) {
    return Recipe.preset(preset).with(changes).with(fixed);
  }
}
