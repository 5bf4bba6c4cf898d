// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.slate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.nextclick.features.json.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

class SlateCommandTest {

  private static final String[] TINY = {
    "--users=40", "--requests=12", "--threads=1", "--set=epochs=1", "--set=dim=8", "--set=layers=1"
  };

  @TempDir private Path folder;

  @Test
  void slate_listEffects_areWhatOneChoiceAfterAnotherSees() throws IOException {
    JsonNode report = report();
    assertThat(report.path("run").path("requests").asInt()).isEqualTo(12);
    assertThat(report.path("rows").findValuesAsText("method"))
        .containsExactly(
            "random", "top", "mmr", "decoder", "beam", "truth-top", "truth-greedy", "best");
    assertThat(row(report, "truth-greedy")).isGreaterThan(1.1 * row(report, "truth-top"));
    assertThat(row(report, "truth-top")).isGreaterThan(1.3 * row(report, "random"));
    assertThat(row(report, "best")).isGreaterThanOrEqualTo(row(report, "truth-greedy"));
    for (JsonNode row : report.path("rows")) {
      double clicks = row.path("expectedClicks").asDouble();
      assertThat(row.path("interval").get(0).asDouble()).isLessThanOrEqualTo(clicks);
      assertThat(row.path("interval").get(1).asDouble()).isGreaterThanOrEqualTo(clicks);
      assertThat(row.path("distance").asDouble()).isBetween(0.3, 1.0);
      assertThat(row.path("coverage").asDouble()).isBetween(0.03, 0.21); // 120 of 584 at most
      assertThat(row.path("millis").asDouble()).isGreaterThan(0);
    }
    assertThat(report.path("ahead")).hasSize(28);
    JsonNode last = report.path("ahead").get(27);
    assertThat(last.path("method").asText() + " of " + last.path("of").asText())
        .isEqualTo("best of truth-greedy");
    assertThat(last.path("expectedClicks").asDouble())
        .isCloseTo(row(report, "best") - row(report, "truth-greedy"), within(1e-12));
    assertThat(last.path("interval").get(0).asDouble()).isGreaterThanOrEqualTo(0);
  }

  @Test
  void slate_noListEffects_leavesNothingToGainByLookingAtThePage() throws IOException {
    JsonNode report = report("--no-list-effects", "--decoder=0");
    assertThat(row(report, "truth-greedy")).isCloseTo(row(report, "truth-top"), within(1e-9));
    assertThat(row(report, "best")).isCloseTo(row(report, "truth-top"), within(1e-9));
  }

  private JsonNode report(String... more) throws IOException {
    Path json = folder.resolve("slate.json");
    List<String> arguments = new ArrayList<>(List.of(TINY));
    arguments.addAll(List.of(more));
    arguments.add("--json=" + json);
    var out = new StringWriter();
    int status =
        new CommandLine(new SlateCommand())
            .setOut(new PrintWriter(out))
            .execute(arguments.toArray(String[]::new));
    assertThat(status).as(out.toString()).isZero();
    assertThat(out.toString()).contains("epoch 1: AUC", "12 requests", "truth-greedy");
    return Json.mapper().build().readTree(json.toFile());
  }

  private static double row(JsonNode report, String method) {
    for (JsonNode row : report.path("rows")) {
      if (row.path("method").asText().equals(method)) {
        return row.path("expectedClicks").asDouble();
      }
    }
    throw new AssertionError(method);
  }

  @Test
  void options_thatCannotBe_areRefusedInASentence() {
    for (String bad : List.of("--requests=0", "--threads=0")) {
      var err = new StringWriter();
      int status = new CommandLine(new SlateCommand()).setErr(new PrintWriter(err)).execute(bad);
      assertThat(status).isEqualTo(2);
      assertThat(err.toString()).startsWith(bad.replace("=", " is ") + ", must be at least 1");
    }
  }

  @Test
  void help_at80Columns_fits() {
    var command = new CommandLine(new SlateCommand()).setUsageHelpWidth(80);
    assertThat(command.getUsageMessage(Ansi.OFF).lines())
        .allMatch(line -> line.length() <= 80)
        .anyMatch(line -> line.contains("nextclick bench slate --quick"));
  }
}
