// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.evaluate;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.EncodedRequest.UnknownItems;
import io.nextclick.features.encode.RequestFields;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.item.ItemCatalog;
import io.nextclick.features.sequence.UserSequence;
import io.nextclick.model.Scorer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * What serving would ask of a scorer about users who will want one of the same items. For any
 * number of threads.
 */
final class NextItemRequests {

  private final Scorer scorer;
  private final Vocabulary items;
  private final ItemCatalog catalog;
  private final List<String> ids;
  private final int[] rows; // (ids,) of the scorer
  private final int[][] attributes; // of the ids that the scorer does not know, as buckets

  /**
   * The candidates are looked up once, not for every user.
   *
   * @param items that users wanted
   * @param catalog what the log says of items
   * @param ids the candidates
   */
  NextItemRequests(Scorer scorer, Vocabulary items, ItemCatalog catalog, List<String> ids) {
    this.scorer = scorer;
    this.items = items;
    this.catalog = catalog;
    this.ids = ids;
    this.rows = ids.stream().mapToInt(scorer.vocabulary()::row).toArray();
    this.attributes =
        new EncodedRequest(new int[0], new byte[0], new long[0], rows, ids, Map.of(), Map.of())
            .withUnknownItems(UserSequence.EMPTY, catalog, scorer.attributeBuckets())
            .unknown()
            .candidates();
  }

  /** The request of a user whose first {@code length} items are known. */
  EncodedRequest of(WantedItems user, int length) {
    List<String> history = Arrays.stream(user.rows(), 0, length).mapToObj(items::id).toList();
    UserSequence sequence =
        UserSequence.of(
            history, Arrays.copyOf(user.actions(), length), Arrays.copyOf(user.times(), length));
    EncodedRequest encoded =
        EncodedRequest.of(
                scorer.vocabulary(),
                sequence,
                scorer.maxHistory(),
                List.of(),
                scorer.readsContext()
                    ? RequestFields.of(Map.of(), sequence, sequence.lastTimeMillis())
                    : Map.of())
            .withUnknownItems(sequence, catalog, scorer.attributeBuckets());
    return new EncodedRequest(
        encoded.historyItems(),
        encoded.historyActions(),
        encoded.historyTimes(),
        rows,
        ids,
        user.attributesBefore(length),
        encoded.context(),
        encoded.timeMillis(),
        new UnknownItems(encoded.unknown().history(), attributes),
        encoded.fields(),
        null);
  }
}
