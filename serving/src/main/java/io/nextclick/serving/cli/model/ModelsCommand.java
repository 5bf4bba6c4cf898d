// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.model;

import io.nextclick.model.bundle.Backend;
import io.nextclick.model.bundle.BundleSignature;
import io.nextclick.model.bundle.MalformedBundleException;
import io.nextclick.model.bundle.Manifest;
import io.nextclick.model.bundle.ModelBundle;
import io.nextclick.model.bundle.ModelDirectory;
import io.nextclick.model.calibrate.Calibration;
import io.nextclick.model.onnx.OnnxNative;
import io.nextclick.model.sign.TrustedKeys;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.Preflight;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code nextclick models}: what lies in a directory of models, and whether it is sound. */
@Command(
    name = "models",
    mixinStandardHelpOptions = true,
    description = "Lists, shows, checks, signs and imports models.",
    subcommands = {
      ModelsImportCommand.class,
      ModelsNewCommand.class,
      ModelsKeygenCommand.class,
      ModelsSignCommand.class
    },
    synopsisSubcommandLabel = "COMMAND",
    footerHeading = "%nExamples:%n",
    footer = {
      "  nextclick models list data/models",
      "  nextclick models verify data/models/shop/v1",
      "  nextclick models list data/models --trusted=release.key.pub"
    })
public final class ModelsCommand {

  @Spec private CommandSpec spec;

  @Command(
      mixinStandardHelpOptions = true,
      description = {
        "Lists the models of a directory, without checking them.",
        "With --trusted, says of each with which key it is signed, or why it must not serve."
      })
  int list(
      @Parameters(paramLabel = "DIR", description = "The directory of all models.") Path models,
      @Mixin TrustedOptions trusted)
      throws CommandFailed {
    TrustedKeys keys = trusted.keys();
    Preflight.inputDirectory(models, "nextclick train and nextclick models import make models");
    try {
      List<Path> bundles = ModelDirectory.bundles(models);
      for (Path bundle : bundles) {
        out().println(keys.anybody() ? bundle : bundle + "  " + signed(bundle, keys));
      }
      out().printf("%d models in %s%n", bundles.size(), models);
      out().flush();
      return 0;
    } catch (IOException e) {
      throw new CommandFailed(String.valueOf(e.getMessage()), e);
    }
  }

  private static String signed(Path bundle, TrustedKeys keys) throws IOException {
    try {
      return "signed with " + BundleSignature.require(bundle, keys);
    } catch (MalformedBundleException e) {
      return "must not serve: " + e.getMessage();
    }
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Shows what a model is, after checking its files.")
  int show(
      @Parameters(paramLabel = "DIR", description = "The model: .../NAME/VERSION.") Path directory)
      throws CommandFailed {
    OpenModels.requireModel(directory);
    try {
      Manifest manifest = ModelBundle.open(directory).manifest();
      var signature = BundleSignature.of(directory);
      print(manifest);
      line("signature", signature.map(by -> "of key " + by.key() + ", not checked").orElse("none"));
      out().flush();
      return 0;
    } catch (IOException | MalformedBundleException e) {
      throw new CommandFailed(String.valueOf(e.getMessage()), e);
    }
  }

  private void print(Manifest manifest) {
    line("model", manifest.name() + " " + manifest.version());
    line("kind", manifest.encoder() == null ? "graph" : "encoder");
    line("items", String.format(Locale.ROOT, "%,d", manifest.items()));
    line("reads", manifest.reads());
    if (manifest.encoder() != null) {
      line("encoder", manifest.encoder());
    }
    line("actions", manifest.actions());
    line("calibration", describe(manifest.calibration()));
    new TreeMap<>(manifest.provenance()).forEach(this::line);
    new TreeMap<>(manifest.metrics()).forEach(this::line);
    new TreeMap<>(manifest.files())
        .forEach((name, entry) ->
            line(
                name,
                String.format(Locale.ROOT, "%,d bytes, sha256 %s", entry.bytes(), entry.sha256())));
  }

  private static String describe(Calibration calibration) {
    return switch (calibration) {
      case Calibration.Identity _ -> "none";
      case Calibration.Platt platt ->
          String.format(
              Locale.ROOT, "Platt, slope %.4f, intercept %.4f", platt.slope(), platt.intercept());
      case Calibration.Isotonic isotonic ->
          String.format(
              Locale.ROOT,
              "isotonic, %d points, probabilities from %.4f to %.4f",
              isotonic.logits().length,
              isotonic.probabilities()[0],
              isotonic.probabilities()[isotonic.probabilities().length - 1]);
      case Calibration.Relative relative ->
          "relative, to random items that were not shown: " + describe(relative.fit());
    };
  }

  private void line(String name, Object value) {
    out().printf("%-20s %s%n", name, value);
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = {
        "Checks everything about a model: each check is a line. Exit status 0 only if all hold.",
        "Recomputes the golden probabilities on every backend of this machine."
      })
  int verify(
      @Parameters(paramLabel = "DIR", description = "The model: .../NAME/VERSION.") Path directory,
      @Mixin TrustedOptions trusted)
      throws CommandFailed {
    TrustedKeys keys = trusted.keys();
    OpenModels.requireModel(directory);
    try {
      ModelBundle bundle = ModelBundle.open(directory, keys, this::passed);
      if (keys.anybody()) {
        tellSigner(directory);
      }
      if (bundle.weights() != null) {
        for (Backend backend : List.of(Backend.SCALAR, Backend.VECTOR, Backend.ONNX)) {
          verifyOn(backend, bundle);
        }
      }
      if (reported("golden probabilities from model.onnx", OnnxNative.failure())) {
        bundle.verifyGraph();
        passed("golden probabilities from model.onnx");
      }
    } catch (IOException | MalformedBundleException e) {
      out().println("FAILED   " + e.getMessage());
      out().println(directory + " must not serve");
      out().flush();
      return 1;
    }
    out().println(directory + " may serve");
    out().flush();
    return 0;
  }

  private void tellSigner(Path directory) throws IOException {
    BundleSignature.of(directory)
        .ifPresent(by ->
            out()
                .println(
                    "unknown  signature.json: of key %s; --trusted=FILE checks it"
                        .formatted(by.key())));
  }

  private void verifyOn(Backend backend, ModelBundle bundle) {
    String check = "golden probabilities on backend " + backend.name().toLowerCase(Locale.ROOT);
    if (reported(check, backend.failure())) {
      bundle.scorer(backend, null).close();
      passed(check);
    }
  }

  /** Whether a check can be made here; if not, says why. */
  private boolean reported(String check, Optional<String> failure) {
    failure.ifPresent(reason -> out().println("not here " + check + ": " + reason));
    return failure.isEmpty();
  }

  private void passed(String check) {
    out().println("ok       " + check);
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }
}
