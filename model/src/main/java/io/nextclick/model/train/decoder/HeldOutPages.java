// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train.decoder;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.item.ItemCatalog;
import io.nextclick.model.data.Impression;
import io.nextclick.model.decoder.Decoder;
import io.nextclick.model.encoder.EncoderScorer;
import io.nextclick.model.slate.Prefix;
import java.util.List;

/**
 * Pages of the validation part as serving sees them: every item by itself, and after those that
 * were shown before it.
 */
final class HeldOutPages {

  /**
   * A page.
   *
   * @param placed (items,) the model's logits, each item by itself at its place
   */
  private record Page(Impression shown, float[] placed) {}

  private final ItemCatalog catalog;
  private final List<Page> pages;

  HeldOutPages(List<Impression> shown, EncoderScorer model, ItemCatalog catalog) {
    this.catalog = catalog;
    this.pages = shown.parallelStream().map(impression -> page(impression, model)).toList();
  }

  private Page page(Impression shown, EncoderScorer model) {
    List<EncodedRequest> each = shown.requests(model, shown.before(), catalog);
    float[] placed = new float[each.size()];
    for (int i = 0; i < placed.length; i++) {
      placed[i] = model.score(each.get(i))[0];
    }
    return new Page(shown, placed);
  }

  /** (items shown,) whether each was clicked. */
  boolean[] clicked() {
    boolean[] all = new boolean[pages.stream().mapToInt(page -> page.placed.length).sum()];
    int at = 0;
    for (Page page : pages) {
      System.arraycopy(page.shown.clicked(), 0, all, at, page.placed.length);
      at += page.placed.length;
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

  /**
   * (items shown,) the decoder's logits of each item after those before it.
   *
   * @param encoder that the decoder reads
   */
  double[] logits(EncoderScorer encoder, Decoder decoder) {
    return pages.parallelStream()
        .flatMapToDouble(page -> java.util.Arrays.stream(logits(page.shown, encoder, decoder)))
        .toArray();
  }

  private double[] logits(Impression shown, EncoderScorer encoder, Decoder decoder) {
    EncodedRequest request = shown.unplacedRequest(encoder, shown.before(), catalog);
    float[] alone = encoder.score(request);
    double[] logits = new double[alone.length];
    double[] next = new double[alone.length];
    Prefix prefix = decoder.page(encoder.encoded(request), alone, logit -> logit);
    for (int place = 0; place < logits.length; place++) {
      prefix.probabilities(next);
      logits[place] = next[place];
      prefix = place + 1 < logits.length ? prefix.then(place) : prefix;
    }
    return logits;
  }
}
