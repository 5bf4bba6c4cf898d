// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.bundle;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.model.RequestShape;
import io.nextclick.model.bundle.BundleWriter.Label;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderWeights;
import java.io.IOException;
import java.nio.file.Path;

/** Makes bundles of the files of models trained elsewhere. */
public final class ModelImport {

  private final BundleWriter writer;

  /**
   * @param models the directory of all models
   */
  public ModelImport(Path models) {
    this.writer = new BundleWriter(models);
  }

  /**
   * Imports tensors with the names of {@link EncoderWeights}.
   *
   * @param architecture a JSON file: an {@link EncoderConfig}, or an object with one in {@code
   *     encoder}, such as a {@code model.json}
   * @return the bundle's directory
   * @throws MalformedBundleException if a file is refused; the message says which and why
   */
  public Path safetensors(Label label, Path items, Path architecture, Path weights)
      throws IOException {
    EncoderConfig config = architecture(architecture);
    Vocabulary vocabulary = items(items);
    if (vocabulary.size() != config.items()) {
      throw new MalformedBundleException(
          items,
          "",
          "has " + vocabulary.size() + " items, but the architecture says " + config.items());
    }
    byte[] bytes = BundleFiles.read(weights, ModelBundle.maxModelBytes());
    return writer.publish(label, vocabulary, BundleWeights.encoder(weights, bytes, config));
  }

  /**
   * Imports a graph of the joint contract.
   *
   * @return the bundle's directory
   * @throws MalformedBundleException if a file is refused; the message says which and why
   */
  public Path graph(Label label, Path items, RequestShape reads, Path graph) throws IOException {
    Vocabulary vocabulary = items(items);
    byte[] bytes = BundleFiles.read(graph, ModelBundle.maxModelBytes());
    ModelBundle.inspect(graph, bytes, reads);
    return writer.publish(label, vocabulary, reads, bytes);
  }

  /** Reads the ids of a model, one per line. */
  public static Vocabulary items(Path items) throws IOException {
    return ItemsFile.parse(items, BundleFiles.read(items, ModelBundle.maxModelBytes()));
  }

  private static EncoderConfig architecture(Path path) throws IOException {
    byte[] bytes = BundleFiles.read(path, Manifest.MAX_BYTES);
    try {
      JsonNode tree = BundleJson.MAPPER.readTree(bytes);
      JsonNode encoder = tree.has("encoder") ? tree.get("encoder") : tree;
      if (!encoder.has("parts")) {
        BundleJson.nestParts(encoder); // of a trainer that knows format 1
      }
      return BundleJson.MAPPER.treeToValue(encoder, EncoderConfig.class);
    } catch (JsonProcessingException e) {
      throw BundleJson.malformed(path, e);
    }
  }
}
