// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code doctor LOG} and the first lines of {@code train} say of a log. */
class DoctorLogTest {

  @TempDir private static Path folder;
  private static Path shop;

  @BeforeAll
  static void makeShop() {
    shop = folder.resolve("shop.jsonl");
    assertThat(CommandRun.of("shop", shop.toString(), "--users=60").status()).isZero();
  }

  @Test
  void doctor_shop_hasNoWarning() {
    CommandRun run = CommandRun.of("doctor", shop.toString());
    assertThat(run.status()).as(run.output()).isZero();
    assertThat(run.output())
        .contains("users          60: wanted", "warnings       none")
        .containsPattern("items +584, .* drift 0\\.[0-2]")
        .containsPattern("of items +category 100 %, .*price 100 %");
  }

  @Test
  void doctor_shopInAnyOrder_saysTheSame() throws Exception {
    List<String> lines = new ArrayList<>(Files.readAllLines(shop));
    Collections.shuffle(lines, new Random(1));
    Path shuffled = Files.write(folder.resolve("shuffled.jsonl"), lines);

    assertThat(json(shuffled).get("shape")).isEqualTo(json(shop).get("shape"));
    assertThat(json(shop).get("warnings")).isEmpty();
  }

  private static JsonNode json(Path log) throws Exception {
    CommandRun run = CommandRun.of("doctor", log.toString(), "--json");
    assertThat(run.status()).as(run.output()).isZero();
    return new ObjectMapper().readTree(run.output().substring(run.output().indexOf('{')));
  }

  @Test
  void train_beginsWithTheWarnings() throws Exception {
    Path log = folder.resolve("rows.jsonl");
    List<String> lines = new ArrayList<>();
    for (int user = 1; user <= 30; user++) {
      for (int t = 0; t < 6; t++) {
        lines.add(
            "{\"id\":\"e%d-%d\",\"action\":\"click\",\"user\":\"%d\",\"item\":\"i%d\",\"time\":1770000000000}"
                .formatted(user, t, user, (user * 7 + t * 5) % 40));
      }
    }
    Files.write(log, lines);
    CommandRun run =
        CommandRun.of(
            "train", "--events=" + log, "--out=" + folder + "/m/a", "--budget=0", "--set=epochs=1");
    assertThat(run.status()).as(run.output()).isZero();
    assertThat(run.output())
        .contains(
            "warning: The 30 users are the numbers 1, 2, 3",
            "warning: 100.0 % of the 150 neighbours",
            "warning: Of 30 users 30 have three different items");
    assertThat(run.output().indexOf("warning:")).isLessThan(run.output().indexOf("Preset"));
  }

  @Test
  void clockInAnotherUnit_isRefusedByItsName() throws Exception {
    Path seconds = folder.resolve("seconds.jsonl");
    Path micros = folder.resolve("micros.jsonl");
    String line =
        "{\"id\":\"e%d\",\"action\":\"click\",\"user\":\"u\",\"item\":\"i\",\"time\":%d}%n";
    for (int n = 0; n < 30; n++) {
      append(seconds, line.formatted(n, 1_770_000_000L + n));
      append(micros, line.formatted(n, 1_770_000_000_000_000L + n));
    }
    for (String command : List.of("doctor", "train")) {
      assertRefused(command, seconds, "time is in seconds; give epoch milliseconds");
      assertRefused(command, micros, "time is in microseconds; give epoch milliseconds");
    }
  }

  private static void append(Path file, String line) throws Exception {
    Files.writeString(
        file,
        line,
        java.nio.file.StandardOpenOption.CREATE,
        java.nio.file.StandardOpenOption.APPEND);
  }

  private static void assertRefused(String command, Path log, String sentence) {
    CommandRun run =
        command.equals("doctor")
            ? CommandRun.of(command, log.toString())
            : CommandRun.of(command, "--events=" + log, "--out=" + folder + "/m/b");
    assertThat(run.status()).as(run.output()).isEqualTo(1);
    assertThat(run.output()).contains(sentence).doesNotContain("\tat ");
  }
}
