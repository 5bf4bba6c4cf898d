// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** What is timed: {@code ./nextclick bench COMMAND}. */
@Command(
    name = "nextclick bench",
    description = "Measures Nextclick beside its peers on this machine.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {KernelCommand.class})
public final class BenchMain {

  private BenchMain() {}

  public static void main(String[] args) {
    System.exit(new CommandLine(new BenchMain()).execute(args));
  }
}
