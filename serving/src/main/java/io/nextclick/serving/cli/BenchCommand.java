// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli;

import io.nextclick.serving.cli.option.CommandFailed;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code nextclick bench}: a program of its own, which the launcher starts. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    description = "Measures Nextclick beside its peers on this machine.")
final class BenchCommand implements Callable<Integer> {

  @Parameters(hidden = true)
  private List<String> ignored = new ArrayList<>();

  @Override
  public Integer call() throws CommandFailed {
    throw new CommandFailed(
        "the benchmarks are not part of this program: run ./nextclick bench in a checkout");
  }
}
