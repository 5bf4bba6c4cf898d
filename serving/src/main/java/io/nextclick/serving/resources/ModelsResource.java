// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.resources;

import io.nextclick.model.Scorer;
import io.nextclick.serving.core.LoadedModel;
import io.nextclick.serving.core.ModelRegistry;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;

/** {@code GET /v1/models}: what is loaded, in the order in which it is asked. */
@Path("/v1/models")
@Produces(MediaType.APPLICATION_JSON)
public final class ModelsResource {

  private final ModelRegistry models;

  public ModelsResource(ModelRegistry models) {
    this.models = models;
  }

  /** The ladder, best first. */
  public record Models(List<ModelView> models) {}

  /**
   * One loaded model.
   *
   * @param items items that it knows
   * @param maxHistory history entries that it reads at most
   * @param calibrated whether its probabilities were fitted to observed clicks
   */
  public record ModelView(
      String name, String version, int items, int maxHistory, boolean calibrated) {

    static ModelView of(LoadedModel model) {
      Scorer scorer = model.scorer();
      return new ModelView(
          model.name(),
          model.version(),
          scorer.vocabulary().size(),
          scorer.maxHistory(),
          scorer.calibrated());
    }
  }

  @GET
  public Models get() {
    return new Models(models.routing().models().stream().map(ModelView::of).toList());
  }
}
