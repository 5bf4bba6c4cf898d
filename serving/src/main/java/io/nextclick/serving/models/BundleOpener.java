// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.models;

import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.model.bundle.Backend;
import io.nextclick.model.bundle.ModelBundle;
import io.nextclick.model.encoder.EncodedHistoryCache;
import io.nextclick.model.sign.TrustedKeys;
import java.io.IOException;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads, checks and prepares bundles of a directory.
 *
 * @param directory {@code NAME/VERSION/} below it
 * @param backend what computes the scores
 * @param cacheBytes what each model may keep of histories that it has read
 * @param fold the settings of the store that the models will read
 * @param trusted whose models may serve
 */
public record BundleOpener(
    Path directory, Backend backend, long cacheBytes, FoldSettings fold, TrustedKeys trusted)
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
    bundle.requireActions(fold.actions());
    EncodedHistoryCache cache = new EncodedHistoryCache(cacheBytes);
    return new LoadedModel(bundle.scorer(backend, cache), bundle.manifest().version(), cache);
  }
}
