// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.models;

import io.nextclick.features.sequence.Capacity;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.model.bundle.Backend;
import io.nextclick.model.bundle.ModelBundle;
import io.nextclick.model.encoder.EncodedHistoryCache;
import io.nextclick.model.sign.TrustedKeys;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads, checks and prepares bundles of a directory.
 *
 * @param directory {@code NAME/VERSION/} below it
 * @param backend what computes the scores
 * @param cacheBytes what each model may keep of histories that it has read
 * @param fold the settings of the store that the models will read, as it is then
 * @param trusted whose models may serve
 */
public record BundleOpener(
    Path directory,
    Backend backend,
    long cacheBytes,
    Supplier<FoldSettings> fold,
    TrustedKeys trusted)
    implements ModelRollout.Opener {

  private static final Logger LOG = LoggerFactory.getLogger(BundleOpener.class);

  /**
   * @throws IllegalArgumentException if the bundle does not go with the backend or the store
   */
  @Override
  public LoadedModel open(String id) throws IOException {
    ModelBundle bundle =
        ModelBundle.open(
            directory.resolve(id), trusted, passed -> LOG.debug("Model {}: {}", id, passed));
    FoldSettings store = fold.get();
    bundle.requireActions(store.actions());
    tellOfOtherHistories(id, bundle, store.capacity());
    EncodedHistoryCache cache = new EncodedHistoryCache(cacheBytes);
    return new LoadedModel(bundle.scorer(backend, cache), bundle.manifest().version(), cache);
  }

  /** It serves all the same: what it says is somewhat off, and nobody would see why. */
  private static void tellOfOtherHistories(String id, ModelBundle bundle, Capacity kept) {
    Capacity trained = TrainedCapacity.read(bundle.manifest().provenance());
    if (trained != null && !trained.equals(kept)) {
      LOG.warn(
          "Model {} was trained for a store that keeps {}; this one keeps {}: its probabilities may"
              + " be off. Train with --history={} --impressions={}, or backfill a store that keeps"
              + " what the model was trained for",
          id,
          trained.inWords(),
          kept.inWords(),
          kept.maxHistory(),
          kept.maxImpressions());
    }
  }
}
