// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.models;

import io.nextclick.serving.api.RankedList.Experiment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The models of one request, held until it ends: none of them is freed before {@link #close}, and a
 * swap in between changes nothing for this request.
 *
 * <pre>{@code
 * try (ModelLease lease = models.lease(request.user(), request.model())) {
 *   for (LoadedModel model : lease.ladder()) { ... }
 * }
 * }</pre>
 */
public final class ModelLease implements AutoCloseable {

  private final List<LoadedModel> held;
  private final List<LoadedModel> ladder;
  private final @Nullable Experiment experiment;
  private boolean closed;

  /**
   * @param held all that was acquired
   * @param rungs how many of them, from the first, are the ladder
   */
  ModelLease(List<LoadedModel> held, int rungs, @Nullable Experiment experiment) {
    this.held = held;
    this.ladder = held.subList(0, rungs);
    this.experiment = experiment;
  }

  /** Whom to ask, best first; empty when nothing is loaded. */
  public List<LoadedModel> ladder() {
    return ladder;
  }

  /** Whom to ask for candidates where a model cannot find its own: the ladder, the baselines. */
  public List<LoadedModel> finders() {
    return held;
  }

  /**
   * The arm that the user is in, whichever rung answers in the end; null when all users get the
   * same model, or the request names one.
   */
  public @Nullable Experiment experiment() {
    return experiment;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      held.forEach(LoadedModel::release);
    }
  }
}
