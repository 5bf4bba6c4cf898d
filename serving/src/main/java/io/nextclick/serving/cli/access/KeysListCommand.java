// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.access;

import io.nextclick.serving.access.ApiKey;
import io.nextclick.serving.access.KeyFile;
import io.nextclick.serving.access.Role;
import io.nextclick.serving.cli.option.CommandFailed;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code nextclick keys list}. */
@Command(
    name = "list",
    mixinStandardHelpOptions = true,
    description = "Lists the keys: name, id, roles, when made, until when. No secrets.",
    footerHeading = "%nExample:%n",
    footer = "  nextclick keys list --keys data/keys.json")
final class KeysListCommand implements Callable<Integer> {

  private static final String LINE = "%-20s  %-12s  %-10s  %-20s  %s%n";

  @Mixin private KeyFileOption file = new KeyFileOption();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws CommandFailed {
    if (Files.notExists(file.path())) {
      throw new CommandFailed(
          file.path() + ": there is no such file; make a key: nextclick keys add NAME --role ROLE");
    }
    List<ApiKey> keys = file.with(KeyFile::read);
    PrintWriter out = spec.commandLine().getOut();
    if (keys.isEmpty()) {
      out.printf("No keys in %s; make one: nextclick keys add NAME --role ROLE%n", file.path());
    } else {
      out.printf(LINE, "name", "id", "made", "until", "roles");
      Instant now = Instant.now();
      keys.forEach(key -> print(out, key, now));
    }
    out.flush();
    return 0;
  }

  private static void print(PrintWriter out, ApiKey key, Instant now) {
    String until =
        key.expires() == null
            ? "revoked"
            : key.isExpired(now)
                ? "expired"
                : key.expires().truncatedTo(ChronoUnit.SECONDS).toString();
    String roles = key.roles().stream().sorted().map(Role::label).collect(Collectors.joining(", "));
    String made = key.created().toString().substring(0, 10);
    out.printf(LINE, key.name(), key.id(), made, until, roles);
  }
}
