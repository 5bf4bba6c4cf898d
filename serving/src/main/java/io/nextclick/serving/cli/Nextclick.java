// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line's root: {@code ./nextclick COMMAND}. */
@Command(
    name = "nextclick",
    description = "Ranks what a user will click next, from a Kafka topic of clicks.",
    mixinStandardHelpOptions = true,
    version = "nextclick 0.1.0",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      DemoCommand.class,
      ServeCommand.class,
      IngestCommand.class,
      ReplayCommand.class,
      ExportCommand.class,
      ImportCommand.class,
      ShopCommand.class,
      TrainCommand.class,
      EvaluateCommand.class,
      ScoreCommand.class,
      BackfillCommand.class,
      CheckpointCommand.class,
      ModelsCommand.class,
      DoctorCommand.class
    })
public final class Nextclick {

  private Nextclick() {}

  /** Runs one command; the exit status is 0 only if all of it worked. */
  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    return new CommandLine(new Nextclick())
        .setExecutionExceptionHandler(Nextclick::report)
        .setCaseInsensitiveEnumValuesAllowed(true);
  }

  /** One line for what a user can mend; a stack trace only for what is our fault. */
  private static int report(Exception e, CommandLine command, CommandLine.ParseResult parsed) {
    if (e instanceof CommandFailed) {
      command.getErr().println(command.getCommandName() + ": " + e.getMessage());
    } else {
      command.getErr().println(command.getCommandName() + " failed unexpectedly:");
      e.printStackTrace(command.getErr());
    }
    return command.getCommandSpec().exitCodeOnExecutionException();
  }
}
