// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.core;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The models that may answer, best first: the ladder that a request goes down.
 *
 * <p>A request takes the ladder once, so that a swap never happens in the middle of it.
 */
public final class ModelRegistry {

  private @Nullable LoadedModel active;
  private List<LoadedModel> baselines = List.of();
  private volatile List<LoadedModel> ladder = List.of();

  /** The models, best first; empty before the first one is ready. */
  public List<LoadedModel> ladder() {
    return ladder;
  }

  /** Puts a trained model at the top, in place of the one before. */
  public synchronized void activate(LoadedModel model) {
    active = model;
    rebuild();
  }

  /** Replaces the rankers that need no training, best first. */
  public synchronized void replaceBaselines(List<LoadedModel> fitted) {
    baselines = List.copyOf(fitted);
    rebuild();
  }

  private void rebuild() {
    List<LoadedModel> models = new ArrayList<>();
    if (active != null) {
      models.add(active);
    }
    models.addAll(baselines);
    ladder = List.copyOf(models);
  }
}
