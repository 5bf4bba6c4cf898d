// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.rank;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.EncodedRequest.HistoryKey;
import io.nextclick.features.event.CandidateFields;
import io.nextclick.features.item.ItemCatalog;
import io.nextclick.features.sequence.UserSequence;
import io.nextclick.model.Scorer;
import java.util.List;
import java.util.Map;

/** Turns a request into the integers that a model reads. */
public final class RequestEncoder {

  private final ItemCatalog catalog;

  public RequestEncoder(ItemCatalog catalog) {
    this.catalog = catalog;
  }

  /** The user's history and {@code items}. */
  EncodedRequest encode(
      Scorer scorer, List<String> items, CandidateFields fields, RankQuery query) {
    return encode(scorer, items, fields, query, query.history().sequence())
        .withHistoryKey(new HistoryKey(query.request().user(), query.history().version()));
  }

  /** What was ranked, as another model reads it; its history may be cached. */
  public EncodedRequest encode(Scorer scorer, Ranking ranking) {
    Map<String, String> context = ranking.request().context();
    return scorer
        .request(
            ranking.history().sequence(),
            ranking.candidates(),
            ranking.fields(),
            context == null ? Map.of() : context,
            catalog,
            ranking.timeMillis())
        .withHistoryKey(new HistoryKey(ranking.request().user(), ranking.history().version()));
  }

  /** Another history of the user and {@code items}; not to be cached. */
  EncodedRequest encode(
      Scorer scorer,
      List<String> items,
      CandidateFields fields,
      RankQuery query,
      UserSequence history) {
    return scorer.request(history, items, fields, query.context(), catalog, query.timeMillis());
  }
}
