// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.core;

import io.nextclick.model.Scorer;

/**
 * A scorer that may answer requests.
 *
 * @param version changes when the scorer does
 */
public record LoadedModel(Scorer scorer, String version) {

  /** The name in requests and answers. */
  public String name() {
    return scorer.name();
  }
}
