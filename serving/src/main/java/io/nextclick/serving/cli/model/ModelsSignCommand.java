// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.model;

import io.nextclick.model.bundle.BundleSignature;
import io.nextclick.model.bundle.MalformedBundleException;
import io.nextclick.model.bundle.ModelBundle;
import io.nextclick.model.sign.SigningKey;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.Faults;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code nextclick models sign}: vouches for a version. */
@Command(
    name = "sign",
    mixinStandardHelpOptions = true,
    description = {
      "Signs a model, after checking its files: services that trust the key then take it.",
      "Writes signature.json beside its files, in place of the one that may be there."
    },
    footerHeading = "%nExample:%n",
    footer = "  nextclick models sign data/models/shop/v1 --key=release.key")
final class ModelsSignCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "DIR", description = "The model: .../NAME/VERSION.")
  private Path directory;

  @Option(
      names = "--key",
      required = true,
      paramLabel = "FILE",
      description = "The private key (Ed25519, PKCS#8, PEM).")
  private Path file;

  @Override
  public Integer call() throws CommandFailed {
    OpenModels.requireModel(directory);
    try {
      SigningKey key = SigningKey.read(file);
      ModelBundle bundle = ModelBundle.open(directory);
      BundleSignature.sign(bundle, key);
      spec.commandLine().getOut().printf("Signed %s with key %s%n", directory, key.fingerprint());
      spec.commandLine().getOut().flush();
      return 0;
    } catch (IOException e) {
      throw new CommandFailed(Faults.sentence(e), e);
    } catch (MalformedBundleException | IllegalArgumentException e) {
      throw new CommandFailed(String.valueOf(e.getMessage()), e);
    }
  }
}
