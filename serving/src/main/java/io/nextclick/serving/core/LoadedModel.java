// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.core;

import io.nextclick.model.Scorer;

/**
 * A scorer that may answer requests.
 *
 * @param version changes when the scorer does
 * @param pace how fast it has been
 */
public record LoadedModel(Scorer scorer, String version, Pace pace) {

  /** A model that has scored nothing yet. */
  public LoadedModel(Scorer scorer, String version) {
    this(scorer, version, new Pace());
  }

  /** The name in requests and answers. */
  public String name() {
    return scorer.name();
  }
}
