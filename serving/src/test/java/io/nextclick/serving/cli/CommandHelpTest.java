// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;

/** The {@code --help} of every command, on a terminal of 80 columns. */
class CommandHelpTest {

  private static final int COLUMNS = 80;

  static Stream<CommandLine> commands() {
    List<CommandLine> all = new ArrayList<>();
    add(Nextclick.commandLine(), all);
    return all.stream();
  }

  private static void add(CommandLine command, List<CommandLine> all) {
    all.add(command);
    command.getSubcommands().values().forEach(sub -> add(sub, all));
  }

  @ParameterizedTest
  @MethodSource("commands")
  void help_at80Columns_cutsNoSentenceAndNoWord(CommandLine command) {
    command.setUsageHelpWidth(COLUMNS);
    String usage = command.getUsageMessage(Ansi.OFF);
    Set<String> words = new HashSet<>(List.of(usage.strip().split("\\s+")));

    assertThat(usage.lines()).allMatch(line -> line.length() <= COLUMNS);
    for (String text : texts(command.getCommandSpec())) {
      // A line of its own for each: what does not end a sentence is cut there.
      assertThat(text).matches("(?s).*[.:?)]\\s*");
      for (String word : text.strip().split("\\s+")) {
        assertThat(words).as(text).matches(all -> word.contains("${") || all.contains(word), word);
      }
    }
    for (String line : command.getCommandSpec().usageMessage().footer()) {
      assertThat(line).hasSizeLessThanOrEqualTo(COLUMNS);
    }
  }

  private static List<String> texts(CommandSpec spec) {
    List<String> texts = new ArrayList<>(Arrays.asList(spec.usageMessage().description()));
    for (ArgSpec argument : spec.args()) {
      if (!argument.hidden()) {
        assertThat(argument.description()).as(argument.toString()).isNotEmpty();
        texts.addAll(Arrays.asList(argument.description()));
      }
    }
    texts.replaceAll(text -> text.replace("%%", "%")); // they are formats
    return texts;
  }

  @Test
  void help_ofTheProgram_namesEveryCommand() {
    String usage = Nextclick.commandLine().getUsageMessage(Ansi.OFF);

    assertThat(usage).contains("demo", "serve", "bench", "completion", "doctor");
  }

  @Test
  void version_isTheOneThatWasBuilt() {
    assertThat(CommandRun.of("--version").output())
        .matches("nextclick \\d+\\.\\d+\\.\\d+\\S*, Java .*\n");
  }

  @Test
  void typo_inACommand_isAnsweredWithTheNearest() {
    assertThat(CommandRun.of("sevre").output())
        .startsWith("nextclick: there is no command sevre; did you mean serve?");
    assertThat(CommandRun.of("models", "lits").output()).contains("did you mean list");
    assertThat(CommandRun.of("qwertyuiop").output()).contains("no command qwertyuiop\n");
  }

  @ParameterizedTest
  @MethodSource("commands")
  void typo_inAnOption_isAnsweredWithTheNearest(CommandLine command) {
    List<String> arguments = new ArrayList<>();
    for (CommandSpec spec = command.getCommandSpec(); spec.parent() != null; spec = spec.parent()) {
      arguments.addFirst(spec.name());
    }
    arguments.add("--hepl");

    CommandRun run = CommandRun.of(arguments.toArray(String[]::new));

    assertThat(run.status()).isEqualTo(2);
    assertThat(run.output())
        .contains("there is no option --hepl; did you mean --help")
        .doesNotContain("\tat ", "Usage");
  }

  @Test
  void completion_bash_knowsCommandsAndOptions() {
    CommandRun run = CommandRun.of("completion", "bash");

    assertThat(run.status()).isZero();
    assertThat(run.output())
        .contains("complete -F _complete_nextclick", "evaluate", "--train-until", "bench");
  }
}
