// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli;

import java.nio.file.FileSystemException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line's root: {@code ./nextclick COMMAND}. */
@Command(
    name = "nextclick",
    description = "Ranks what a user will click next, from a Kafka topic of clicks.",
    mixinStandardHelpOptions = true,
    versionProvider = VersionOfBuild.class,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      DemoCommand.class,
      ServeCommand.class,
      IngestCommand.class,
      ReplayCommand.class,
      ExportCommand.class,
      ImportCommand.class,
      MapCommand.class,
      ShopCommand.class,
      TrainCommand.class,
      EvaluateCommand.class,
      ScoreCommand.class,
      BackfillCommand.class,
      CheckpointCommand.class,
      DeadLettersCommand.class,
      ModelsCommand.class,
      DoctorCommand.class,
      BenchCommand.class,
      CompletionCommand.class
    })
public final class Nextclick {

  private Nextclick() {}

  /** Runs one command; the exit status is 0 only if all of it worked. */
  public static void main(String[] args) {
    StandardError.pastFilter();
    System.exit(run(commandLine(), args));
  }

  /** What a library lacks comes as an error, not as an exception. */
  static int run(CommandLine command, String... args) {
    try {
      return command.execute(args);
    } catch (LinkageError e) {
      command.getErr().println("nextclick: " + NativeLibraries.explain(e).getMessage());
      return CommandLine.ExitCode.SOFTWARE;
    }
  }

  static CommandLine commandLine() {
    return new CommandLine(new Nextclick())
        .setExecutionExceptionHandler(Nextclick::report)
        .setParameterExceptionHandler(new WrongArguments())
        .setCaseInsensitiveEnumValuesAllowed(true);
  }

  /** One line for what a user can mend; a stack trace only for what is our fault. */
  private static int report(Exception e, CommandLine command, CommandLine.ParseResult parsed) {
    if (e instanceof CommandFailed || e instanceof FileSystemException) {
      command.getErr().println(command.getCommandName() + ": " + Faults.sentence(e));
    } else {
      command.getErr().println(command.getCommandName() + " failed unexpectedly:");
      e.printStackTrace(command.getErr());
    }
    return command.getCommandSpec().exitCodeOnExecutionException();
  }
}
