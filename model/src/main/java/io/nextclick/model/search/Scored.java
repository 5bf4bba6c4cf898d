// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.search;

import io.nextclick.model.train.Recipe;
import java.util.Map;

/** A recipe with what led to it and what it came to. */
record Scored(
    int number,
    Prior prior,
    Map<String, String> changes,
    Recipe recipe,
    TrialSize size,
    Score score) {}
