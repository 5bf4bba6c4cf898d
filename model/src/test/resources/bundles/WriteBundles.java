// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.bundle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.model.RequestShape;
import io.nextclick.model.Scorer;
import io.nextclick.model.calibrate.Calibration;
import io.nextclick.model.onnx.OnnxGraphs;
import io.nextclick.model.onnx.OnnxScorer.RequestShape;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderWeights;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Writes the bundles of one commit, in that commit's own code: it is compiled against its classes,
 * not with this project. Arguments: specs.json, directory of models, commit, file of scores.
 */
class WriteBundles {
  public static void main(String[] args) throws Exception {
    var json = new ObjectMapper();
    JsonNode specs = json.readTree(Files.readString(Path.of(args[0])));
    Path models = Path.of(args[1]);
    String commit = args[2];
    Path scores = Path.of(args[3]);
    ObjectNode all =
        Files.exists(scores)
            ? (ObjectNode) json.readTree(Files.readString(scores))
            : json.createObjectNode();
    long seed = 7;
    for (Map.Entry<String, JsonNode> entry : specs.get(commit).properties()) {
      String name = entry.getKey();
      JsonNode spec = entry.getValue();
      seed++;
      ObjectNode encoder = specs.get("base").deepCopy();
      encoder.setAll((ObjectNode) spec.get("encoder"));
      specs.get("missing").get(commit).forEach(field -> encoder.remove(field.asText()));
      EncoderConfig config = json.treeToValue(encoder, EncoderConfig.class);
      var vocabulary = new Vocabulary(List.of("apple", "Birne 2", "čaj", "42", "item/5"));
      EncoderWeights weights = EncoderWeights.random(config, seed);
      var label =
          new BundleWriter.Label(
              name,
              commit,
              config.actions() == 0 ? List.of() : List.of("impression", "click", "like", "buy"),
              json.treeToValue(spec.get("calibration"), Calibration.class),
              Map.of("source", "a fixture of commit " + commit),
              Map.of("NDCG@10", 0.25));
      boolean graph = spec.path("graph").asBoolean();
      var writer = new BundleWriter(models);
      Path written =
          graph
              ? writer.publish(
                  label, vocabulary, RequestShape.of(config), OnnxGraphs.joint(weights))
              : writer.publish(label, vocabulary, weights);
      ModelBundle bundle = ModelBundle.open(written);
      Path file = written.resolve("golden.json");
      Manifest manifest = bundle.manifest();
      GoldenRequests golden =
          GoldenRequests.parse(file, Files.readAllBytes(file), manifest.items(), manifest.reads());
      ArrayNode rows = all.putArray(name + "/" + commit);
      try (Scorer scorer = bundle.scorer(graph ? Backend.ONNX : Backend.SCALAR, null)) {
        for (GoldenRequests.Golden request : golden.requests()) {
          ArrayNode row = rows.addArray();
          for (float score : scorer.score(request.request())) {
            row.add(score);
          }
        }
      }
    }
    Files.writeString(scores, json.writeValueAsString(all));
  }
}
