// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Where a benchmark's figures cannot be written is told before hours of measuring. */
@Timeout(60)
class BenchPreflightTest {

  @TempDir private Path folder;

  @Test
  void json_whereNoFileCanBe_isRefusedAtOnceByEveryCommandThatHasIt() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "kept");
    int commands = 0;
    for (CommandLine command : BenchMain.commandLine().getSubcommands().values()) {
      if (command.getCommandSpec().findOption("--json") == null) {
        continue;
      }
      commands++;
      for (Path bad :
          List.of(folder.resolve("none/x.json"), folder, file.resolve("x.json"), proc())) {
        StringWriter err = new StringWriter();
        CommandLine bench = BenchMain.commandLine().setErr(new PrintWriter(err, true));
        int status = bench.execute(command.getCommandName(), "--json", bad.toString());
        assertThat(status).as(command.getCommandName()).isNotZero();
        assertThat(err.toString()).contains(bad.toString(), "; ").hasLineCount(1);
      }
    }
    assertThat(commands).isEqualTo(5);
    assertThat(file).hasContent("kept");
  }

  private static Path proc() {
    return Path.of("/proc/x.json"); // where not even root can make a file
  }
}
