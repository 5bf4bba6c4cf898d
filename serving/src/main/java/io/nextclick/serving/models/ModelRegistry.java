// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.models;

import io.nextclick.serving.api.RankedList.Experiment;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The models in service. A request takes a {@link ModelLease}; a change puts a new {@link Routing}
 * in place of the old one, which every later lease sees and no earlier one.
 */
public final class ModelRegistry implements AutoCloseable {

  /*
   * How a swap frees no model that is in use. The routing holds each of its models once, each lease
   * once more. A change first publishes the new routing, then lets go of the models that only the
   * old one had; the last lease on such a model closes it. A lease that read the old routing and
   * came too late to hold a model finds it closed, and reads the routing again: the new one was
   * published before. So neither side ever waits for the other.
   */

  /**
   * Who is asked.
   *
   * @param arms trained models that share the users among them; none before the first is loaded
   * @param shadows score after the answer
   * @param baselines need no training; best first
   */
  public record Routing(List<Arm> arms, List<LoadedModel> shadows, List<LoadedModel> baselines) {

    public Routing {
      arms = List.copyOf(arms);
      shadows = List.copyOf(shadows);
      baselines = List.copyOf(baselines);
    }

    /** All models, in the order in which a request looks for a name. */
    public List<LoadedModel> models() {
      List<LoadedModel> models = new ArrayList<>();
      arms.forEach(arm -> models.add(arm.model()));
      models.addAll(baselines);
      models.addAll(shadows);
      return models;
    }
  }

  private volatile Routing routing = new Routing(List.of(), List.of(), List.of());

  /** Who is asked now. What it names may be closed: to score, take a lease. */
  public Routing routing() {
    return routing;
  }

  /**
   * Takes the models for one request: the user's arm and the baselines below it, or the one model
   * that the request names.
   *
   * @param requested {@code NAME} or {@code NAME/VERSION}; null for the ladder
   * @throws UnknownModelException if the model is not loaded
   */
  public ModelLease lease(String user, @Nullable String requested) {
    while (true) {
      Routing now = routing;
      Arm arm = now.arms.isEmpty() ? null : now.arms.get(TrafficSplit.arm(user, now.arms));
      LoadedModel first =
          requested != null ? named(requested, arm, now) : arm == null ? null : arm.model();
      List<LoadedModel> held = ladder(first, now);
      if (acquire(held)) {
        return requested == null
            ? new ModelLease(held, held.size(), experiment(arm, now))
            : new ModelLease(held, 1, null);
      }
    }
  }

  private static @Nullable Experiment experiment(@Nullable Arm arm, Routing now) {
    return arm == null || now.arms.size() == 1 ? null : new Experiment(arm.model().id());
  }

  /** Takes the models that score after the answer. */
  public ModelLease leaseShadows() {
    while (true) {
      List<LoadedModel> shadows = routing.shadows;
      if (acquire(shadows)) {
        return new ModelLease(shadows, shadows.size(), null);
      }
    }
  }

  private static List<LoadedModel> ladder(@Nullable LoadedModel first, Routing now) {
    List<LoadedModel> ladder = new ArrayList<>();
    if (first != null) {
      ladder.add(first);
    }
    ladder.addAll(now.baselines);
    return List.copyOf(ladder);
  }

  /** Of several versions with one name, the user's own. */
  private static LoadedModel named(String requested, @Nullable Arm arm, Routing now) {
    List<LoadedModel> models = new ArrayList<>(now.models());
    if (arm != null) {
      models.addFirst(arm.model());
    }
    return models.stream()
        .filter(model -> model.name().equals(requested) || model.id().equals(requested))
        .findFirst()
        .orElseThrow(() -> notLoaded(now));
  }

  private static UnknownModelException notLoaded(Routing now) {
    String loaded =
        now.models().stream().map(LoadedModel::name).distinct().collect(Collectors.joining(", "));
    return new UnknownModelException("is not loaded; loaded: " + loaded);
  }

  /** Takes all or none. */
  private static boolean acquire(List<LoadedModel> models) {
    for (int i = 0; i < models.size(); i++) {
      if (!models.get(i).acquire()) {
        models.subList(0, i).forEach(LoadedModel::release);
        return false;
      }
    }
    return true;
  }

  /** Routes all users to a trained model; the shadows stay. */
  public synchronized void activate(LoadedModel model) {
    replace(new Routing(List.of(new Arm(model, 1)), routing.shadows, routing.baselines));
  }

  /** Replaces the trained models; those in the old routing too are kept as they are. */
  public synchronized void route(List<Arm> arms, List<LoadedModel> shadows) {
    replace(new Routing(arms, shadows, routing.baselines));
  }

  /** Replaces the rankers that need no training, best first. */
  public synchronized void replaceBaselines(List<LoadedModel> fitted) {
    replace(new Routing(routing.arms, routing.shadows, fitted));
  }

  /** Takes users out of the caches of all models. */
  public void forget(Collection<String> users) {
    routing.models().forEach(model -> model.forget(users));
  }

  /** Lets go of all models; the last request on one closes it. */
  @Override
  public synchronized void close() {
    replace(new Routing(List.of(), List.of(), List.of()));
  }

  private void replace(Routing next) {
    Set<LoadedModel> old = identities(routing);
    old.removeAll(identities(next));
    routing = next;
    old.forEach(LoadedModel::release);
  }

  private static Set<LoadedModel> identities(Routing routing) {
    Set<LoadedModel> models = Collections.newSetFromMap(new IdentityHashMap<>());
    models.addAll(routing.models());
    return models;
  }
}
