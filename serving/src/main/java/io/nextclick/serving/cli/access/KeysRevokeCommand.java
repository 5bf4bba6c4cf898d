// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.access;

import io.nextclick.serving.cli.option.CommandFailed;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code nextclick keys revoke}. */
@Command(
    name = "revoke",
    mixinStandardHelpOptions = true,
    description = {
      "Removes the keys of a name, or one of them: a running service refuses them in a second or"
          + " two."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  nextclick keys revoke shop", "  nextclick keys revoke shop --id 0a1b2c3d4e5f"})
final class KeysRevokeCommand implements Callable<Integer> {

  @Parameters(paramLabel = "NAME", description = "Whose keys.")
  private String name = "";

  @Option(names = "--id", paramLabel = "ID", description = "Only the one of this id.")
  private @Nullable String id;

  @Mixin private KeyFileOption file = new KeyFileOption();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws CommandFailed {
    int removed = file.with(keys -> keys.revoke(name, id));
    spec.commandLine().getOut().printf("Revoked %d of %s%n", removed, name);
    spec.commandLine().getOut().flush();
    return 0;
  }
}
