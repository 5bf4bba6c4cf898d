// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.slate;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.item.ItemCatalog;
import io.nextclick.model.Scorer;
import io.nextclick.model.data.Impression;
import io.nextclick.serving.shop.PageTruth;
import java.util.List;

/**
 * A request of the test part, and what only the shop knows of it.
 *
 * @param shown what the shop answered: says who asked, when, and what was known of the user
 * @param candidates ids of the items that another page may be built from
 * @param truth the click probabilities of every such page
 */
record PageRequest(
    Impression shown, ItemCatalog catalog, List<String> candidates, PageTruth truth) {

  /** What a model reads, as serving asks it: nobody knows yet where the candidates will stand. */
  EncodedRequest encoded(Scorer scorer) {
    return scorer.request(shown.before(), candidates, shown.context(), catalog, shown.timeMillis());
  }
}
