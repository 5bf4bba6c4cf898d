// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.model;

import io.nextclick.model.bundle.BundleWriter.Label;
import io.nextclick.model.calibrate.Calibration;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.Preflight;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The options that name a new model. */
final class ModelOptions {

  @Parameters(paramLabel = "DIR", description = "The directory of all models; made when missing.")
  Path models;

  @Option(
      names = "--name",
      required = true,
      description = "Name of the model: a to z, 0 to 9, dot, dash, underscore.")
  private String name;

  @Option(
      names = "--model-version",
      required = true,
      paramLabel = "VERSION",
      description = "Its version, new for that name.")
  private String version;

  @Option(
      names = "--actions",
      split = ",",
      description = "Names of the action codes that the model reads, in their order.")
  private List<String> actions = List.of();

  /** That the model can be written: its name, its place, and that it is not there. */
  void requireNew() throws CommandFailed {
    label(Map.of());
    Preflight.outputDirectory(models);
    Path made = models.resolve(name).resolve(version);
    if (Files.exists(made)) {
      throw new CommandFailed(made + ": is there already; give another --model-version");
    }
  }

  Label label(Map<String, String> provenance) throws CommandFailed {
    try {
      return new Label(name, version, actions, new Calibration.Identity(), provenance, Map.of());
    } catch (IllegalArgumentException e) {
      throw new CommandFailed(String.valueOf(e.getMessage()), e);
    }
  }
}
