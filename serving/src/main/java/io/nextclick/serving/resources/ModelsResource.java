// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.resources;

import io.nextclick.model.Scorer;
import io.nextclick.serving.api.ProblemException;
import io.nextclick.serving.api.StrictJson;
import io.nextclick.serving.models.LoadedModel;
import io.nextclick.serving.models.ModelReference;
import io.nextclick.serving.models.ModelRegistry;
import io.nextclick.serving.models.ModelRollout;
import io.nextclick.serving.models.RoutingPlan;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code /v1/models}: what is loaded, in the order in which it is asked, and what shall be. */
@Path("/v1/models")
@Produces(MediaType.APPLICATION_JSON)
public final class ModelsResource {

  private static final StrictJson<RoutingBody> BODY = new StrictJson<>(RoutingBody.class);

  private final ModelRegistry models;
  private final ModelRollout rollout;
  private final BodyReader bodies;

  public ModelsResource(ModelRegistry models, ModelRollout rollout, BodyReader bodies) {
    this.models = models;
    this.rollout = rollout;
    this.bodies = bodies;
  }

  /**
   * What serves.
   *
   * @param models the ladder, best first, then the shadows
   * @param routing what shall serve
   * @param refused by {@code NAME/VERSION}, why versions that are there do not serve
   */
  public record Models(List<ModelView> models, RoutingPlan routing, Map<String, String> refused) {}

  /**
   * One loaded model.
   *
   * @param items items that it knows
   * @param maxHistory history entries that it reads at most
   * @param calibrated whether its answers have click probabilities
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

  /** The body of {@code PUT /v1/models/routing}. */
  record RoutingBody(@Nullable Map<String, Integer> arms, @Nullable List<String> shadows) {}

  /** {@code POST /v1/models/NAME/VERSION/activate}: promotes a version; an older one rolls back. */
  @POST
  @Path("/{name}/{version}/activate")
  public ModelView activate(@PathParam("name") String name, @PathParam("version") String version) {
    return ModelView.of(rollout.activate(reference("path", name + "/" + version)));
  }

  /** {@code POST /v1/models/NAME/activate}: the newest version, and each newer one as it comes. */
  @POST
  @Path("/{name}/activate")
  public ModelView follow(@PathParam("name") String name) {
    return ModelView.of(rollout.activate(reference("path", name)));
  }

  /** {@code PUT /v1/models/routing}: splits the users among models, and names shadows. */
  @PUT
  @Path("/routing")
  @Consumes(MediaType.APPLICATION_JSON)
  public Models route(InputStream body) throws IOException {
    RoutingBody routing = BODY.read(bodies.read(body));
    rollout.route(plan(routing));
    return get();
  }

  private static RoutingPlan plan(RoutingBody body) {
    Map<String, Integer> arms = body.arms();
    if (arms == null) {
      // A body that is only half there must not take all models out of service.
      throw ProblemException.field("arms", "is missing; {} leaves no trained model");
    }
    try {
      return new RoutingPlan(arms, body.shadows() == null ? List.of() : body.shadows());
    } catch (IllegalArgumentException | NullPointerException e) {
      String why = e instanceof NullPointerException ? "holds null" : e.getMessage();
      throw ProblemException.field("routing", String.valueOf(why));
    }
  }

  private static ModelReference reference(String field, String text) {
    try {
      return ModelReference.of(text);
    } catch (IllegalArgumentException e) {
      throw ProblemException.field(field, String.valueOf(e.getMessage()));
    }
  }

  @GET
  public Models get() {
    return new Models(
        models.routing().models().stream().map(ModelView::of).toList(),
        rollout.plan(),
        rollout.refused());
  }
}
