// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train.decoder;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.item.ItemCatalog;
import io.nextclick.model.data.Impression;
import io.nextclick.model.decoder.Decoder;
import io.nextclick.model.encoder.EncodedPage;
import io.nextclick.model.encoder.EncoderScorer;
import io.nextclick.model.slate.Prefix;
import java.util.List;

/**
 * Pages of the validation part as serving sees them: every item by itself, and after those that
 * were shown before it.
 */
final class HeldOutPages {

  /**
   * A page as the encoder has it.
   *
   * @param pointwise (items,) logits, each item by itself at the first place
   * @param placed (items,) logits, each by itself at its place
   */
  private record Page(EncodedPage encoded, float[] pointwise, float[] placed, boolean[] clicked) {}

  private final List<Page> pages;

  HeldOutPages(List<Impression> shown, EncoderScorer scorer, ItemCatalog catalog) {
    this.pages =
        shown.parallelStream().map(impression -> page(impression, scorer, catalog)).toList();
  }

  private static Page page(Impression shown, EncoderScorer scorer, ItemCatalog catalog) {
    EncodedRequest request = shown.unplacedRequest(scorer, shown.before(), catalog);
    List<EncodedRequest> each = shown.requests(scorer, shown.before(), catalog);
    float[] placed = new float[each.size()];
    for (int i = 0; i < placed.length; i++) {
      placed[i] = scorer.score(each.get(i))[0];
    }
    return new Page(scorer.encoded(request), scorer.score(request), placed, shown.clicked());
  }

  /** (items shown,) whether each was clicked. */
  boolean[] clicked() {
    boolean[] all = new boolean[pages.stream().mapToInt(page -> page.clicked.length).sum()];
    int at = 0;
    for (Page page : pages) {
      System.arraycopy(page.clicked, 0, all, at, page.clicked.length);
      at += page.clicked.length;
    }
    return all;
  }

  /** (items shown,) the logits of each item by itself, at its place. */
  double[] pointwise() {
    return pages.stream()
        .flatMapToDouble(page -> {
          double[] logits = new double[page.placed.length];
          for (int i = 0; i < logits.length; i++) {
            logits[i] = page.placed[i];
          }
          return java.util.Arrays.stream(logits);
        })
        .toArray();
  }

  /** (items shown,) the decoder's logits of each item after those before it. */
  double[] logits(Decoder decoder) {
    return pages.parallelStream()
        .flatMapToDouble(page -> java.util.Arrays.stream(logits(page, decoder)))
        .toArray();
  }

  private static double[] logits(Page page, Decoder decoder) {
    double[] logits = new double[page.pointwise.length];
    double[] next = new double[logits.length];
    Prefix prefix = decoder.page(page.encoded, page.pointwise, logit -> logit);
    for (int place = 0; place < logits.length; place++) {
      prefix.probabilities(next);
      logits[place] = next[place];
      prefix = place + 1 < logits.length ? prefix.then(place) : prefix;
    }
    return logits;
  }
}
