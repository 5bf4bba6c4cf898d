// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import io.nextclick.model.baseline.PositiveActions;
import io.nextclick.model.sign.TrustedKeys;
import io.nextclick.serving.config.ModelSection;
import io.nextclick.serving.config.NextclickConfiguration;
import io.nextclick.serving.models.Baselines;
import io.nextclick.serving.models.BundleOpener;
import io.nextclick.serving.models.ModelRegistry;
import io.nextclick.serving.models.ModelRollout;
import io.nextclick.serving.models.RoutingFile;
import io.nextclick.serving.models.RoutingPlan;
import io.nextclick.serving.shadow.RecentRequests;
import io.nextclick.serving.state.DataLayout;
import io.nextclick.serving.state.ServingStore;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The models: trained ones, those that need no training, and what a new one warms up on. */
final class ModelWiring {

  private static final Logger LOG = LoggerFactory.getLogger(ModelWiring.class);

  final ModelRegistry registry;
  final RecentRequests recent;
  final ModelRollout rollout;
  final Baselines baselines;

  ModelWiring(
      NextclickConfiguration configuration,
      RoutingPlan plan,
      TrustedKeys trusted,
      PositiveActions positive,
      DataLayout files,
      ServingStore store,
      ModelRegistry registry) {
    this.registry = registry;
    ModelSection settings = configuration.model();
    if (!trusted.anybody()) {
      LOG.info("Only models signed with one of these keys serve: {}", trusted.fingerprints());
    }
    recent = new RecentRequests(store.items(), settings.warmUp());
    rollout =
        new ModelRollout(
            registry,
            settings.directory(),
            new BundleOpener(
                settings.directory(),
                settings.backend(),
                settings.historyCacheBytes(),
                store::settings,
                trusted),
            recent,
            new RoutingFile(settings.routing(files), plan),
            settings.watch());
    baselines = new Baselines(store, positive, registry, configuration.ranking().refitInterval());
  }

  /**
   * Loads what shall serve.
   *
   * @param store is closed if that cannot be
   */
  void load(ServingStore store) throws IOException {
    try {
      rollout.load();
    } catch (IOException | RuntimeException e) {
      store.close();
      throw e;
    }
  }
}
