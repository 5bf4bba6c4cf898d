// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.item.ItemCatalog;
import io.nextclick.features.sequence.Capacity;
import io.nextclick.model.Scorer;
import io.nextclick.model.baseline.ItemSequences;
import io.nextclick.model.baseline.PositiveActions;
import io.nextclick.model.baseline.SmoothedCtr;
import io.nextclick.model.bundle.Manifest;
import io.nextclick.model.calibrate.Calibration;
import io.nextclick.model.calibrate.LabelCounts;
import io.nextclick.model.data.Impression;
import io.nextclick.model.evaluate.ClickFloors;
import io.nextclick.model.evaluate.RankingMetrics;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Impressions of the validation part, in the order of time, and how well a scorer foretells them.
 */
public final class HeldOutImpressions {

  /** Impressions kept: enough for a standard error of the AUC below 0.003. */
  private static final int MOST = 50_000;

  private static final long HISTORY_ENTRY = 13; // bytes: a reference, an action, a time

  private final ItemCatalog catalog;
  private final Capacity stored;
  private final List<Impression> pages = new ArrayList<>();
  private long added;
  private long stride = 1;

  /**
   * @param stored what a store keeps of a user
   */
  HeldOutImpressions(ItemCatalog catalog, Capacity stored) {
    this.catalog = catalog;
    this.stored = stored;
  }

  /** Adds an impression; of many, every second, fourth, ... is kept. */
  void add(Impression shown) {
    if (added++ % stride == 0) {
      pages.add(new Impression(shown.before().newest(stored), shown.event(), shown.clicked()));
    }
    if (pages.size() > MOST) {
      List<Impression> every = List.copyOf(pages);
      pages.clear();
      for (int page = 0; page < every.size(); page += 2) {
        pages.add(every.get(page));
      }
      stride *= 2;
    }
  }

  /** At most so many of them with two items or more, evenly spread, in the order of time. */
  public List<Impression> pages(int most) {
    List<Impression> all = pages.stream().filter(page -> page.items().size() > 1).toList();
    int every = Math.max(1, Math.ceilDiv(all.size(), most));
    return IntStream.range(0, all.size()).filter(i -> i % every == 0).mapToObj(all::get).toList();
  }

  /** The items that are known. */
  public ItemCatalog catalog() {
    return catalog;
  }

  /** Bytes on the heap, about. */
  long bytes() {
    return pages.stream()
        .mapToLong(page -> HISTORY_ENTRY * page.before().length() + 32L * page.items().size() + 512)
        .sum();
  }

  /** (items shown,) whether each was clicked. */
  boolean[] clicked() {
    boolean[] all = new boolean[pages.stream().mapToInt(page -> page.clicked().length).sum()];
    int at = 0;
    for (Impression page : pages) {
      System.arraycopy(page.clicked(), 0, all, at, page.clicked().length);
      at += page.clicked().length;
    }
    return all;
  }

  /** (items shown,) the scorer's logits, by all cores. */
  double[] logits(Scorer scorer) {
    return pages.parallelStream()
        .flatMapToDouble(page ->
            page.requests(scorer, page.before(), catalog).stream()
                .mapToDouble(request -> scorer.score(request)[0]))
        .toArray();
  }

  /** What is made of one item shown. */
  interface Visitor<T> {
    T of(EncodedRequest request, boolean clicked);
  }

  /** (items shown,) what is made of each, by all cores. */
  <T> List<T> each(Scorer scorer, Visitor<T> visitor) {
    return pages.parallelStream()
        .flatMap(page -> {
          List<EncodedRequest> requests = page.requests(scorer, page.before(), catalog);
          return IntStream.range(0, requests.size())
              .mapToObj(i -> visitor.of(requests.get(i), page.clicked()[i]));
        })
        .toList();
  }

  /** What the rankers that need no training say of them; null if all have one label. */
  @Nullable ClickFloors floors(SmoothedCtr rates, ItemSequences wanted, PositiveActions positive) {
    boolean[] clicked = clicked();
    return LabelCounts.of(clicked).hasEach(1)
        ? ClickFloors.of(pages, clicked, catalog, rates, wanted, positive)
        : null;
  }

  double auc(Scorer scorer) {
    return RankingMetrics.auc(logits(scorer), clicked());
  }

  /** What a calibrated model measures; the calibration was fitted to the same rows. */
  Map<String, Double> metrics(double[] logits, Calibration calibration) {
    boolean[] clicked = clicked();
    double[] raw = new double[logits.length];
    double[] calibrated = new double[logits.length];
    for (int i = 0; i < logits.length; i++) {
      raw[i] = new Calibration.Identity().probability(logits[i]);
      calibrated[i] = calibration.probability(logits[i]);
    }
    return Map.of(
        Manifest.VALIDATION_AUC,
        RankingMetrics.auc(logits, clicked),
        "validation.normalisedEntropy",
        RankingMetrics.normalizedEntropy(calibrated, clicked),
        "validation.rawNormalisedEntropy",
        RankingMetrics.normalizedEntropy(raw, clicked),
        "validation.rawCalibrationRatio",
        RankingMetrics.calibrationRatio(raw, clicked));
  }
}
