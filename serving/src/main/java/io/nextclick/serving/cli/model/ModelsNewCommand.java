// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.model;

import io.nextclick.features.encode.Vocabulary;
import io.nextclick.model.bundle.BundleWriter;
import io.nextclick.model.bundle.MalformedBundleException;
import io.nextclick.model.bundle.ModelImport;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.Preflight;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code nextclick models new}: a model with random weights, to try and to measure with. */
@Command(
    name = "new",
    mixinStandardHelpOptions = true,
    description = {
      "Makes a model with random weights: as fast as a trained one, and as right as chance.",
      "To try the way of a model through the service, and to measure speed."
    },
    footerHeading = "%nExample:%n",
    footer = {
      "  nextclick models new data/models --name=random --model-version=v1 \\",
      "      --item-count=1000"
    })
final class ModelsNewCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;
  @Mixin private ModelOptions options;

  @Option(names = "--items", paramLabel = "FILE", description = "Item ids, one per line.")
  private @Nullable Path items;

  @Option(
      names = "--item-count",
      defaultValue = "1000",
      description = "Without --items: ids i1, i2, ... Default: ${DEFAULT-VALUE}.")
  private int itemCount;

  @Option(names = "--seed", defaultValue = "1", description = "Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(names = "--dim", defaultValue = "64", description = "Default: ${DEFAULT-VALUE}.")
  private int dim;

  @Option(names = "--layers", defaultValue = "2", description = "Default: ${DEFAULT-VALUE}.")
  private int layers;

  @Option(names = "--heads", defaultValue = "2", description = "Default: ${DEFAULT-VALUE}.")
  private int heads;

  @Option(names = "--max-history", defaultValue = "200", description = "Default: ${DEFAULT-VALUE}.")
  private int maxHistory;

  @Option(
      names = "--scoring",
      defaultValue = "attend",
      description =
          "How a candidate is scored: attend, through the layers, seeing the history; or dot, by"
              + " one inner product with the history's state. Default: ${DEFAULT-VALUE}.")
  private Scoring scoring;

  @Override
  public Integer call() throws CommandFailed {
    options.requireNew();
    if (items != null) {
      Preflight.input(items, "it has item ids, one per line");
    }
    try {
      Vocabulary vocabulary = items == null ? numbered() : ModelImport.items(items);
      EncoderConfig config =
          EncoderConfig.builder(vocabulary.size(), scoring)
              .width(dim, 4 * dim)
              .layers(layers, heads)
              .history(maxHistory)
              .build();
      EncoderWeights weights = EncoderWeights.random(config, seed);
      Path written =
          new BundleWriter(options.models)
              .publish(
                  options.label(Map.of("random weights", "seed " + seed)), vocabulary, weights);
      spec.commandLine().getOut().printf("Made %s%n", written);
      spec.commandLine().getOut().flush();
      return 0;
    } catch (FileAlreadyExistsException e) {
      throw new CommandFailed(
          e.getMessage() + " is there already; give another --model-version", e);
    } catch (IOException | MalformedBundleException | IllegalArgumentException e) {
      throw new CommandFailed(String.valueOf(e.getMessage()), e);
    }
  }

  private Vocabulary numbered() {
    return new Vocabulary(IntStream.rangeClosed(1, itemCount).mapToObj(i -> "i" + i).toList());
  }
}
