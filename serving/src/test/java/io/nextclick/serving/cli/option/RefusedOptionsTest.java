// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.option;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.nextclick.ingest.log.RefusedRows;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParameterException;

class RefusedOptionsTest {

  @Command(name = "read")
  private static final class ReadCommand {
    @Mixin private RefusedOptions refused = new RefusedOptions();
  }

  @ParameterizedTest
  @CsvSource({"1%, 0.01", "0.01, 0.01", "0, 0", "100%, 1", "1, 1", "'2.5 %', 0.025"})
  void maxRefused_share_isTaken(String text, double share) {
    assertThat(new RefusedOptions.ShareConverter().convert(text)).isEqualTo(share);
  }

  @ParameterizedTest
  @ValueSource(strings = {"101%", "2", "-1%", "", "one", "NaN"})
  void maxRefused_noShare_isRefusedWithAdvice(String text) {
    assertThatExceptionOfType(ParameterException.class)
        .isThrownBy(() -> parse("--max-refused=" + text))
        .withMessageContaining("such as 5% or 0.05");
  }

  @Test
  void check_tooManyRefused_showsThemAndFails() throws Exception {
    var err = new StringWriter();
    RefusedOptions options = parse();
    try (RefusedRows rows = options.open()) {
      rows.taken("a.csv");
      rows.refuse("a.csv", 2, "no time", "u,i");
      assertThatExceptionOfType(CommandFailed.class)
          .isThrownBy(() -> options.check(rows, "a.csv", new PrintWriter(err)))
          .withMessageContaining("1 of 2 rows were refused (50 %, at most 1 % may be)");
    }
    assertThat(err.toString()).contains("a.csv:2: no time | u,i");
  }

  @Test
  void open_rejectsInNoFolder_isRefusedBeforeTheWork(@TempDir Path folder) {
    Path file = folder.resolve("none/rejects.jsonl");
    assertThatExceptionOfType(CommandFailed.class)
        .isThrownBy(() -> parse("--rejects=" + file).open())
        .withMessageContaining(file.toString());
    assertThatExceptionOfType(CommandFailed.class)
        .isThrownBy(() -> parse("--rejects=" + folder.resolve("rejects.txt")).open())
        .withMessageContaining(".jsonl");
  }

  @Test
  void help_saysTheDefault() {
    assertThat(new CommandLine(new ReadCommand()).getUsageMessage().replaceAll("\\s+", " "))
        .contains("such as 5% or 0.05", "Default: 1%.");
  }

  private static RefusedOptions parse(String... args) {
    var command = new ReadCommand();
    new CommandLine(command).parseArgs(args);
    return command.refused;
  }
}
