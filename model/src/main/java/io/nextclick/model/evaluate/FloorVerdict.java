// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.evaluate;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Whether a model is better than the best of the rankers that need no training: if it is not, it is
 * not worth its cost.
 *
 * @param model its name
 * @param floor the name of the best ranker that needs no training
 * @param metric the protocol's main one
 * @param value the model's
 * @param floorValue the floor's
 * @param lead the model's less the floor's
 * @param interval the ends of its 95 % interval, over the same draws of users
 * @param users drawn from
 */
public record FloorVerdict(
    String model,
    String floor,
    String metric,
    double value,
    double floorValue,
    double lead,
    double[] interval,
    int users) {

  /** With fewer users an interval from draws of them says nothing. */
  private static final int FEWEST_USERS = 20;

  /**
   * One verdict per model.
   *
   * @param rankers the models, then the floors, then others
   * @param models how many are models
   * @param floors how many are floors
   */
  static List<FloorVerdict> of(
      MetricTable table,
      String set,
      List<EvaluationReport.Ranker> rankers,
      int models,
      int floors,
      String metric) {
    List<FloorVerdict> verdicts = new ArrayList<>();
    Optional<EvaluationReport.Ranker> best =
        rankers.stream()
            .skip(models)
            .limit(floors)
            .filter(floor -> floor.metrics().containsKey(metric))
            .max(Comparator.comparingDouble(floor -> floor.metrics().getOrDefault(metric, 0.0)));
    for (int m = 0; m < Math.min(models, rankers.size()) && best.isPresent(); m++) {
      EvaluationReport.Ranker model = rankers.get(m);
      String floor = best.get().name();
      Double value = model.metrics().get(metric);
      if (value != null) {
        double[] lead = table.lead(set, model.name(), floor, metric);
        double floorValue = best.get().metrics().getOrDefault(metric, 0.0);
        verdicts.add(
            new FloorVerdict(
                model.name(),
                floor,
                metric,
                value,
                floorValue,
                lead[0],
                new double[] {lead[1], lead[2]},
                table.users()));
      }
    }
    return verdicts;
  }

  /** Whether the interval of the lead lies above 0. */
  @JsonProperty
  public boolean better() {
    return users >= FEWEST_USERS && interval[0] > 0;
  }

  /** For a person, with what to do. */
  @JsonProperty
  public String sentence() {
    String figures =
        String.format(
            Locale.ROOT,
            "%s %.4f against %.4f, a difference of %+.4f (95 %% interval %+.4f to %+.4f)",
            metric,
            value,
            floorValue,
            lead,
            interval[0],
            interval[1]);
    if (better()) {
      return "%s is better than %s, the best of the rankers that need no training: %s"
          .formatted(model, floor, figures);
    }
    String why =
        users < FEWEST_USERS
            ? "; %,d users are too few to tell".formatted(users)
            : interval[1] < 0 ? "" : ", which includes 0";
    return "%s is %s than %s, the best of the rankers that need no training: %s%s. Rank with %s"
        .formatted(
            model,
            users >= FEWEST_USERS && interval[1] < 0 ? "worse" : "not better",
            floor,
            figures,
            why,
            floor + " until a model is better: it costs less, and needs no training");
  }
}
