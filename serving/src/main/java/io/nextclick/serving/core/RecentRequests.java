// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.core;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.EncodedRequest.HistoryKey;
import io.nextclick.features.item.ItemCatalog;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;

/** The requests that came last: a new model answers them before it answers anybody. */
public final class RecentRequests implements AnswerListener {

  private final ItemCatalog catalog;
  private final int capacity;
  private final Deque<Ranking> newest = new ArrayDeque<>();

  /**
   * @param capacity requests kept
   */
  public RecentRequests(ItemCatalog catalog, int capacity) {
    this.catalog = catalog;
    this.capacity = capacity;
  }

  @Override
  public void answered(Ranking ranking) {
    if (ranking.candidates().isEmpty()) {
      return;
    }
    synchronized (newest) {
      if (newest.size() == capacity) {
        newest.removeFirst();
      }
      newest.addLast(ranking);
    }
  }

  /**
   * Lets a model score them: its code is compiled, its cache holds these users, its pace is known.
   *
   * @return how many there were
   * @throws IllegalStateException if it cannot
   */
  int warmUp(LoadedModel model) {
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
    Map<String, String> context = ranking.request().context();
    EncodedRequest request =
        model
            .scorer()
            .request(
                ranking.history().sequence(),
                ranking.candidates(),
                context == null ? Map.of() : context,
                catalog,
                ranking.timeMillis())
            .withHistoryKey(new HistoryKey(ranking.request().user(), ranking.history().version()));
    for (float score : model.score(request)) {
      if (!Float.isFinite(score)) {
        throw new IllegalStateException("a score is " + score);
      }
    }
  }
}
