// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli;

import io.nextclick.serving.cli.access.KeysCommand;
import io.nextclick.serving.cli.data.ExportCommand;
import io.nextclick.serving.cli.data.ImportCommand;
import io.nextclick.serving.cli.data.MapCommand;
import io.nextclick.serving.cli.data.ShopCommand;
import io.nextclick.serving.cli.model.EvaluateCommand;
import io.nextclick.serving.cli.model.ModelsCommand;
import io.nextclick.serving.cli.model.ScoreCommand;
import io.nextclick.serving.cli.model.TrainCommand;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.Faults;
import io.nextclick.serving.cli.option.NativeLibraries;
import io.nextclick.serving.cli.run.DemoCommand;
import io.nextclick.serving.cli.run.ServeCommand;
import io.nextclick.serving.cli.state.AuditCommand;
import io.nextclick.serving.cli.state.BackfillCommand;
import io.nextclick.serving.cli.state.CheckpointCommand;
import io.nextclick.serving.cli.state.DeadLettersCommand;
import io.nextclick.serving.cli.state.IngestCommand;
import io.nextclick.serving.cli.state.ReplayCommand;
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
      AuditCommand.class,
      ModelsCommand.class,
      KeysCommand.class,
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

  public static CommandLine commandLine() {
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
