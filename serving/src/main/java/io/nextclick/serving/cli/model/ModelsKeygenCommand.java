// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.model;

import io.nextclick.features.file.DurableFile;
import io.nextclick.model.sign.SigningKey;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.Faults;
import io.nextclick.serving.cli.option.Preflight;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code nextclick models keygen}: a pair of keys for those who sign models. */
@Command(
    name = "keygen",
    mixinStandardHelpOptions = true,
    description = {
      "Makes a key that signs models (Ed25519): FILE is private, readable by its owner alone;"
          + " FILE.pub is what others trust.",
      "openssl genpkey -algorithm ed25519 and openssl pkey -pubout make the same."
    },
    footerHeading = "%nExample:%n",
    footer = "  nextclick models keygen release.key")
final class ModelsKeygenCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "The private key; must not be there.")
  private Path file;

  @Override
  public Integer call() throws CommandFailed {
    Path open = file.resolveSibling(file.getFileName() + ".pub");
    for (Path made : new Path[] {file, open}) {
      Preflight.output(made);
      if (Files.exists(made)) {
        throw new CommandFailed(made + ": is there already; give another name");
      }
    }
    try {
      SigningKey key = SigningKey.generate();
      DurableFile.createPrivate(file, key.privatePem());
      if (!SigningKey.read(file).fingerprint().equals(key.fingerprint())) {
        throw new CommandFailed(file + ": another process made it just now; give another name");
      }
      DurableFile.write(open, key.publicPem());
      spec.commandLine()
          .getOut()
          .printf("Made %s: keep it secret%nMade %s: %s%n", file, open, key.fingerprint());
      spec.commandLine().getOut().flush();
      return 0;
    } catch (IOException e) {
      throw new CommandFailed(Faults.sentence(e), e);
    }
  }
}
