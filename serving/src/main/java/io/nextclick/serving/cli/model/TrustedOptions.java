// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.model;

import io.nextclick.model.sign.TrustedKeys;
import io.nextclick.serving.cli.option.CommandFailed;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** The keys whose models a command takes; none asks for no signature. */
final class TrustedOptions {

  @Option(
      names = "--trusted",
      paramLabel = "FILE",
      description =
          "A public key (Ed25519, PEM): the model must be signed with it, or with another one"
              + " given so.")
  private List<Path> files = List.of();

  TrustedKeys keys() throws CommandFailed {
    try {
      return TrustedKeys.read(files);
    } catch (IllegalArgumentException e) {
      throw new CommandFailed("--trusted: " + e.getMessage(), e);
    }
  }
}
