// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.model;

import io.nextclick.model.RequestShape;
import io.nextclick.model.bundle.BundleWriter.Label;
import io.nextclick.model.bundle.MalformedBundleException;
import io.nextclick.model.bundle.ModelImport;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.Preflight;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code nextclick models import}: makes a bundle of a model that was trained elsewhere. */
@Command(
    name = "import",
    mixinStandardHelpOptions = true,
    description =
        "Makes a model of files that were trained elsewhere: safetensors with an"
            + " architecture, or an ONNX graph. docs/data-formats.md has the names of tensors,"
            + " inputs and outputs.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  nextclick models import data/models --name=shop --model-version=v2 \\",
      "      --items=items.txt \\",
      "      --safetensors=weights.safetensors --architecture=architecture.json",
      "  nextclick models import data/models --name=shop --model-version=v3 \\",
      "      --items=items.txt \\",
      "      --onnx=model.onnx --max-history=200"
    })
final class ModelsImportCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;
  @Mixin private ModelOptions options;

  @Option(
      names = "--items",
      required = true,
      paramLabel = "FILE",
      description = "Item ids, one per line, in the order of the embedding's rows from 1.")
  private Path items;

  @Option(names = "--safetensors", paramLabel = "FILE", description = "The encoder's tensors.")
  private @Nullable Path safetensors;

  @Option(
      names = "--architecture",
      paramLabel = "FILE",
      description = "JSON: the encoder's shape, or the model.json of another model.")
  private @Nullable Path architecture;

  @Option(names = "--onnx", paramLabel = "FILE", description = "A graph of the joint contract.")
  private @Nullable Path onnx;

  @Option(
      names = "--max-history",
      defaultValue = "200",
      description = "Of a graph: history entries read. Default: ${DEFAULT-VALUE}.")
  private int maxHistory;

  @Option(
      names = "--attribute-buckets",
      defaultValue = "0",
      description = "Of a graph: buckets of item attributes. Default: ${DEFAULT-VALUE}.")
  private int attributeBuckets;

  @Option(
      names = "--context-buckets",
      defaultValue = "0",
      description = "Of a graph: buckets of user and context. Default: ${DEFAULT-VALUE}.")
  private int contextBuckets;

  @Option(
      names = "--candidate-fields",
      paramLabel = "NAME",
      split = ",",
      description = "Of a graph: names of the numbers of candidates that it reads, in its order.")
  private List<String> candidateFields = List.of();

  @Override
  public Integer call() throws CommandFailed {
    if ((onnx == null) == (safetensors == null)) {
      throw new CommandFailed("give either --onnx or --safetensors");
    }
    options.requireNew();
    Preflight.input(items, "it has item ids, one per line");
    for (Path file : Stream.of(safetensors, architecture, onnx).filter(Objects::nonNull).toList()) {
      Preflight.input(file, "docs/data-formats.md says what it must hold");
    }
    try {
      Path written = onnx == null ? importTensors() : importGraph(onnx);
      spec.commandLine().getOut().printf("Imported %s%n", written);
      spec.commandLine().getOut().flush();
      return 0;
    } catch (NoSuchFileException e) {
      throw new CommandFailed(e.getMessage() + ": no such file", e);
    } catch (FileAlreadyExistsException e) {
      throw new CommandFailed(
          e.getMessage() + " is there already; give another --model-version", e);
    } catch (IOException
        | MalformedBundleException
        | IllegalArgumentException
        | IllegalStateException e) {
      throw new CommandFailed(String.valueOf(e.getMessage()), e);
    }
  }

  private Path importTensors() throws CommandFailed, IOException {
    if (safetensors == null || architecture == null) {
      throw new CommandFailed("--safetensors needs --architecture");
    }
    Label label = options.label(Map.of("imported from", String.valueOf(safetensors.getFileName())));
    return new ModelImport(options.models).safetensors(label, items, architecture, safetensors);
  }

  private Path importGraph(Path graph) throws CommandFailed, IOException {
    Label label = options.label(Map.of("imported from", String.valueOf(graph.getFileName())));
    RequestShape reads =
        new RequestShape(maxHistory, attributeBuckets, contextBuckets, candidateFields);
    return new ModelImport(options.models).graph(label, items, reads, graph);
  }
}
