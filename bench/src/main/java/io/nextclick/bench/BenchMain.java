// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench;

import io.nextclick.bench.kernel.KernelCommand;
import io.nextclick.bench.score.ScoreCommand;
import io.nextclick.bench.serve.FreshnessCommand;
import io.nextclick.bench.serve.ProfileCommand;
import io.nextclick.bench.serve.ServeCommand;
import io.nextclick.bench.serve.StartCommand;
import io.nextclick.bench.slate.SlateCommand;
import io.nextclick.bench.train.TrainCommand;
import io.nextclick.serving.cli.StandardError;
import io.nextclick.serving.cli.VersionOfBuild;
import io.nextclick.serving.cli.WrongArguments;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.Faults;
import java.io.IOException;
import org.openjdk.jmh.runner.RunnerException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** What is timed: {@code ./nextclick bench COMMAND}. */
@Command(
    name = "nextclick bench",
    description = "Measures Nextclick beside its peers on this machine.",
    mixinStandardHelpOptions = true,
    versionProvider = VersionOfBuild.class,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      KernelCommand.class,
      RetrieveCommand.class,
      TrainCommand.class,
      ScoreCommand.class,
      SlateCommand.class,
      ServeCommand.class,
      FreshnessCommand.class,
      StartCommand.class,
      ProfileCommand.class
    })
public final class BenchMain {

  private BenchMain() {}

  public static void main(String[] args) {
    StandardError.pastFilter();
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    return new CommandLine(new BenchMain())
        .setParameterExceptionHandler(new WrongArguments())
        .setExecutionExceptionHandler((e, command, parsed) -> report(e, command));
  }

  private static int report(Exception e, CommandLine command) throws Exception {
    if (e instanceof RunnerException && String.valueOf(e.getMessage()).contains("JMH lock")) {
      command.getErr().println("Another benchmark runs on this machine: wait until it has ended.");
      return 1;
    }
    if (e instanceof IOException || e instanceof CommandFailed) {
      command.getErr().println(command.getCommandName() + ": " + Faults.sentence(e));
      return 1;
    }
    throw e;
  }
}
