// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.access;

import io.nextclick.serving.access.ApiKey;
import io.nextclick.serving.access.KeyFile.Made;
import io.nextclick.serving.access.Role;
import io.nextclick.serving.cli.option.CommandFailed;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code nextclick keys add}: a new key. */
@Command(
    name = "add",
    mixinStandardHelpOptions = true,
    description = {
      "Makes a key and prints it, once: it is kept nowhere.",
      "Roles: rank (ranked lists), write-events, read-users, erase, catalogue (items), models"
          + " (activate, route), admin (tasks and metrics of the admin port)."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  nextclick keys add shop --role rank --role write-events",
      "  nextclick keys add prometheus --role admin --expires 365d"
    })
final class KeysAddCommand implements Callable<Integer> {

  @Parameters(paramLabel = "NAME", description = "Whose it is; stands in the audit log.")
  private String name = "";

  @Option(
      names = "--role",
      required = true,
      split = ",",
      paramLabel = "ROLE",
      converter = RoleConverter.class,
      description = "What it allows; may be given several times.")
  private List<Role> roles = List.of();

  @Option(
      names = "--expires",
      paramLabel = "TIME",
      converter = Expiry.Converter.class,
      description = "Until when: 90d, 12h, or a day, 2027-06-30. Without it: until revoked.")
  private @Nullable Expiry expires;

  @Mixin private KeyFileOption file = new KeyFileOption();
  @Spec private CommandSpec spec = CommandSpec.create();

  /** Says which roles there are. */
  static final class RoleConverter implements ITypeConverter<Role> {
    @Override
    public Role convert(String label) {
      try {
        return Role.of(label);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(String.valueOf(e.getMessage()));
      }
    }
  }

  @Override
  public Integer call() throws CommandFailed {
    try {
      ApiKey.requireName(name);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
    Instant end = expires == null ? null : expires.at();
    Made made =
        file.with(keys ->
            keys.add(name, EnumSet.copyOf(roles), Instant.now(), end, KeyFileOption.RANDOM));
    print(spec.commandLine().getOut(), spec.commandLine().getErr(), made, file);
    return 0;
  }

  /** The key alone goes to the standard output, so that it can be piped into a secret store. */
  static void print(PrintWriter out, PrintWriter err, Made made, KeyFileOption file) {
    err.printf(
        "Key %s (id %s) stands in %s; it is shown this once:%n",
        made.key().name(), made.key().id(), file.path());
    err.flush();
    out.println(made.text());
    out.flush();
  }
}
