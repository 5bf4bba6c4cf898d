// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.shadow;

import io.nextclick.features.item.ItemCatalog;
import io.nextclick.serving.models.LoadedModel;
import io.nextclick.serving.models.WarmUp;
import io.nextclick.serving.rank.AnswerListener;
import io.nextclick.serving.rank.Ranking;
import io.nextclick.serving.rank.RequestEncoder;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;

/** The requests that came last: a new model answers them before it answers anybody. */
public final class RecentRequests implements AnswerListener, WarmUp {

  private final RequestEncoder encoder;
  private final int capacity;
  private final Deque<Ranking> newest = new ArrayDeque<>();

  /**
   * @param capacity requests kept; 0 for none
   */
  public RecentRequests(ItemCatalog catalog, int capacity) {
    this.encoder = new RequestEncoder(catalog);
    this.capacity = capacity;
  }

  @Override
  public void answered(Ranking ranking) {
    if (capacity == 0 || ranking.candidates().isEmpty()) {
      return;
    }
    synchronized (newest) {
      if (newest.size() == capacity) {
        newest.removeFirst();
      }
      newest.addLast(ranking);
    }
  }

  /** Keeps none of theirs. */
  public void forget(Set<String> users) {
    synchronized (newest) {
      newest.removeIf(ranking -> users.contains(ranking.request().user()));
    }
  }

  /** Lets a model score them; its cache then holds these users. */
  @Override
  public int warmUp(LoadedModel model) {
    List<Ranking> rankings;
    synchronized (newest) {
      rankings = List.copyOf(newest);
    }
    for (Ranking ranking : rankings) {
      try {
        score(model, ranking);
      } catch (RuntimeException e) {
        throw new IllegalStateException("it cannot answer a recent request: " + e.getMessage(), e);
      }
    }
    return rankings.size();
  }

  private void score(LoadedModel model, Ranking ranking) {
    for (float score : model.score(encoder.encode(model.scorer(), ranking))) {
      if (!Float.isFinite(score)) {
        throw new IllegalStateException("a score is " + score);
      }
    }
  }
}
