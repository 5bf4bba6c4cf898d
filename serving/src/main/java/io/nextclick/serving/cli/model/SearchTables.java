// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nextclick.features.json.Json;
import io.nextclick.model.evaluate.HtmlReport.Table;
import io.nextclick.serving.cli.option.CommandFailed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** How the recipes of models were found, as their {@code metrics.json} says, for a page. */
final class SearchTables {

  private static final JsonMapper JSON = Json.mapper().build();
  private static final List<String> HEADER =
      List.of("trial", "validation", "epoch", "users", "recipe", "why");

  private SearchTables() {}

  /** A table for each model whose recipe was searched. */
  static List<Table> of(List<Path> models) throws CommandFailed, IOException {
    List<Table> tables = new ArrayList<>();
    for (Path model : models) {
      Path version = OpenModels.version(model);
      Path metrics = version.resolve("metrics.json");
      if (Files.exists(metrics)) {
        JsonNode search = JSON.readTree(metrics.toFile()).path("search");
        if (search.isObject()) {
          tables.add(table("How %s was found".formatted(version), search));
        }
      }
    }
    return tables;
  }

  private static Table table(String title, JsonNode search) {
    List<String> reasons = new ArrayList<>();
    search.path("chosen").forEach(reason -> reasons.add(reason.asText()));
    List<List<String>> rows = new ArrayList<>();
    search.path("trials").forEach(trial -> rows.add(row(trial)));
    return new Table(title, reasons, HEADER, rows);
  }

  private static List<String> row(JsonNode trial) {
    boolean scored = trial.hasNonNull("validation");
    return List.of(
        trial.path("number").asText(),
        scored
            ? String.format(
                Locale.ROOT,
                "%.4f (±%.4f)",
                trial.path("validation").asDouble(),
                trial.path("error").asDouble())
            : trial.path("refusal").asText(),
        scored ? trial.path("best").asText() + "/" + trial.path("epochs").asText() : "",
        String.format(Locale.ROOT, "%.0f %%", 100 * trial.path("users").asDouble()),
        trial.path("recipe").asText(),
        trial.path("why").asText());
  }
}
