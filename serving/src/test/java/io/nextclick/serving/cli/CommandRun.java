// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import picocli.CommandLine;

/**
 * One run of the command line.
 *
 * @param output standard output and standard error
 */
public record CommandRun(int status, String output) {

  /** Runs {@code nextclick} with these arguments. */
  public static CommandRun of(String... arguments) {
    StringWriter text = new StringWriter();
    PrintWriter out = new PrintWriter(text, true);
    CommandLine command = Nextclick.commandLine().setOut(out).setErr(out);
    int status = command.execute(arguments);
    return new CommandRun(status, text.toString());
  }
}
