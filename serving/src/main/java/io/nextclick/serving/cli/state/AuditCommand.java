// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.state;

import io.nextclick.serving.audit.AuditCheck;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.Preflight;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code nextclick audit}: who did what, and whether the log of it is whole. */
@Command(
    name = "audit",
    mixinStandardHelpOptions = true,
    description = "Verifies the log of who did what.",
    synopsisSubcommandLabel = "COMMAND",
    footerHeading = "%nExamples:%n",
    footer = {"  nextclick audit verify", "  nextclick audit verify data/audit --known-hash=HASH"})
public final class AuditCommand {

  @Spec private CommandSpec spec = CommandSpec.create();

  @Command(
      mixinStandardHelpOptions = true,
      description = {
        "Finds lines that were removed, changed, added or moved, with file and line.",
        "Exit status 0 only if there are none. A service may write the log meanwhile."
      },
      footerHeading = "%nExamples:%n",
      footer = "  nextclick audit verify data/audit")
  int verify(
      @Parameters(
              arity = "0..1",
              paramLabel = "DIRECTORY",
              defaultValue = "data/audit",
              description = "The files audit-....jsonl. Default: ${DEFAULT-VALUE}.")
          Path directory,
      @Option(
              names = "--known-hash",
              paramLabel = "HASH",
              description =
                  "A last hash that was printed earlier, and kept elsewhere. Nothing up to its line"
                      + " was changed, if it is still in the log.")
          @Nullable String known)
      throws CommandFailed {
    if (known != null && !known.matches("[0-9a-f]{64}")) {
      throw new CommandFailed(
          "--known-hash=%s: is no hash; give 64 hexadecimal digits, as an earlier verification"
                  .formatted(known)
              + " printed them");
    }
    Preflight.inputDirectory(directory, "a service writes one where audit.directory says");
    AuditCheck check;
    try {
      check = AuditCheck.of(directory, known);
    } catch (IOException e) {
      throw new CommandFailed(String.valueOf(e.getMessage()), e);
    }
    say("%s: %,d lines in %,d files", directory, check.lines(), check.files());
    check.notes().forEach(note -> say("  %s", note));
    check.faults().forEach(fault -> say("  FAULT: %s", fault));
    if (check.moreFaults() > 0) {
      say("  ... and %,d more faults", check.moreFaults());
    }
    if (check.last() > 0) {
      say("  the hash of line %,d, to keep elsewhere: %s", check.last(), check.hash());
    }
    say(
        check.isWhole()
            ? "Whole: no line was removed, changed, added or moved"
            : "Not whole: see each FAULT");
    return check.isWhole() ? 0 : 1;
  }

  private void say(String format, Object... values) {
    PrintWriter out = spec.commandLine().getOut();
    out.printf(Locale.ROOT, format + "%n", values);
    out.flush();
  }
}
