// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.resources;

import io.nextclick.model.Scorer;
import io.nextclick.serving.api.Problem;
import io.nextclick.serving.api.ProblemException;
import io.nextclick.serving.core.LoadedModel;
import io.nextclick.serving.core.ModelActivation;
import io.nextclick.serving.core.ModelRegistry;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.regex.Pattern;

/** {@code /v1/models}: what is loaded, in the order in which it is asked, and what shall be. */
@Path("/v1/models")
@Produces(MediaType.APPLICATION_JSON)
public final class ModelsResource {

  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,63}");

  private final ModelRegistry models;
  private final ModelActivation activation;

  public ModelsResource(ModelRegistry models, ModelActivation activation) {
    this.models = models;
    this.activation = activation;
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

  /** {@code POST /v1/models/NAME/VERSION/activate}: promotes a version; an older one rolls back. */
  @POST
  @Path("/{name}/{version}/activate")
  public ModelView activate(@PathParam("name") String name, @PathParam("version") String version) {
    if (!NAME.matcher(name).matches() || !NAME.matcher(version).matches()) {
      throw new ProblemException(Problem.of(404, "names and versions match " + NAME));
    }
    return ModelView.of(activation.activate(name, version));
  }

  @GET
  public Models get() {
    return new Models(models.routing().models().stream().map(ModelView::of).toList());
  }
}
