// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.access;

import io.dropwizard.util.Duration;
import io.nextclick.serving.access.KeyFile.Made;
import io.nextclick.serving.cli.option.CommandFailed;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code nextclick keys rotate}: a second key, and an end for the first. */
@Command(
    name = "rotate",
    mixinStandardHelpOptions = true,
    description = {
      "Makes a second key of a name, with the same roles, and prints it; the first one expires"
          + " after the overlap.",
      "Until then both count: give the new one out, then revoke the old one by its id, or let it"
          + " expire."
    },
    footerHeading = "%nExample:%n",
    footer = "  nextclick keys rotate shop --overlap 7d")
final class KeysRotateCommand implements Callable<Integer> {

  @Parameters(paramLabel = "NAME", description = "Whose key.")
  private String name = "";

  @Option(
      names = "--overlap",
      paramLabel = "TIME",
      defaultValue = "1d",
      converter = Overlap.class,
      description = "How long the first one still counts. Default: ${DEFAULT-VALUE}.")
  private Duration overlap = Duration.days(1);

  @Mixin private KeyFileOption file = new KeyFileOption();
  @Spec private CommandSpec spec = CommandSpec.create();

  /** Reads a time. */
  static final class Overlap implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
      return Expiry.parse(text);
    }
  }

  @Override
  public Integer call() throws CommandFailed {
    Instant now = Instant.now();
    Instant end = now.plus(overlap.toJavaDuration());
    Made made = file.with(keys -> keys.rotate(name, now, end, KeyFileOption.RANDOM));
    KeysAddCommand.print(spec.commandLine().getOut(), spec.commandLine().getErr(), made, file);
    return 0;
  }
}
