// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code nextclick completion}: commands and options at the press of a key. */
@Command(
    name = "completion",
    mixinStandardHelpOptions = true,
    description = "Prints a script that lets a shell complete commands and options.",
    footerHeading = "%nExample, for ~/.bashrc or ~/.zshrc:%n",
    footer = "  source <(./nextclick completion bash)")
final class CompletionCommand implements Callable<Integer> {

  private enum Shell {
    BASH,
    ZSH
  }

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "SHELL", description = "${COMPLETION-CANDIDATES}; both take one script.")
  private Shell shell = Shell.BASH;

  @Override
  public Integer call() {
    String script = switch (shell) { // zsh reads bash's
          case BASH, ZSH -> AutoComplete.bash("nextclick", spec.root().commandLine());
        };
    spec.commandLine().getOut().println(script);
    spec.commandLine().getOut().flush();
    return 0;
  }
}
