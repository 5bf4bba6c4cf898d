// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.kernel;

import io.nextclick.model.search.Arithmetic;
import io.nextclick.model.search.Prior;
import io.nextclick.model.search.ScoringCost;
import io.nextclick.model.search.SearchSpace;
import io.nextclick.model.train.Recipe;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a recipe that a search begins with takes to rank 500 candidates on one core, its parts among
 * it, as the search measures it.
 *
 * @param log that it is likely for
 * @param history entries of the user who asks
 * @param shareOfMost of what {@code --max-cost} allows by default
 */
record RecipeRow(
    String log,
    String recipe,
    int dim,
    int layers,
    int history,
    double micros,
    double shareOfMost) {

  private static final double MOST_MICROS = 3_000;

  /** A log by its shape: what the two of the experiments and a shop with pages look like. */
  private record Log(String name, SearchSpace space) {}

  private static final List<Log> LOGS =
      List.of(
          new Log("sparse", nextItem(new Arithmetic(20_000, 180_000, 0, 12_000, 7))),
          new Log("dense", nextItem(new Arithmetic(6_040, 987_000, 0, 3_416, 96))),
          new Log(
              "pages", SearchSpace.clicks(new Arithmetic(2_000, 300_000, 1_000_000, 2_000, 100))));

  /** Of a log that tells nothing but which item follows which. */
  private static SearchSpace nextItem(Arithmetic shape) {
    return SearchSpace.nextItem(shape, new SearchSpace.Told(false, false, false));
  }

  /** Each likely recipe, for a usual history and for the longest that it reads. */
  static List<RecipeRow> measure() {
    System.out.printf("%nWhat a search begins with: 500 candidates, one core%n");
    System.out.println("log     dim layers history          us  of 3 ms  recipe");
    LOGS.forEach(RecipeRow::warmUp);
    List<RecipeRow> rows = new ArrayList<>();
    for (Log log : LOGS) {
      Arithmetic shape = log.space().arithmetic();
      for (Prior prior : log.space().priors()) {
        Recipe recipe = prior.recipe(Map.of());
        int longest = recipe.encoder().maxHistory();
        int usual = (int) Math.min(longest, shape.medianEvents());
        for (int history : new int[] {usual, longest}) {
          double micros = ScoringCost.micros(recipe, shape.items(), history);
          rows.add(
              new RecipeRow(
                      log.name(),
                      text(prior),
                      recipe.encoder().dim(),
                      recipe.encoder().layers(),
                      history,
                      micros,
                      micros / MOST_MICROS)
                  .printed());
        }
      }
    }
    return rows;
  }

  /** Lets the JIT compile every part before the first row. */
  private static void warmUp(Log log) {
    for (int round = 0; round < 5; round++) {
      for (Prior prior : log.space().priors()) {
        ScoringCost.micros(prior.recipe(Map.of()), 1_000, 50);
      }
    }
  }

  private static String text(Prior prior) {
    var text = new StringBuilder(prior.preset());
    prior.changes().entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(change -> text.append(' ').append(change));
    return text.toString();
  }

  private RecipeRow printed() {
    System.out.printf(
        Locale.ROOT,
        "%-7s %3d %6d %7d %11.1f %7.0f%%  %s%n",
        log,
        dim,
        layers,
        history,
        micros,
        100 * shareOfMost,
        recipe);
    return this;
  }
}
