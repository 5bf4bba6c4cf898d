// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.bundle;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.item.Item;
import io.nextclick.model.Scorer;
import io.nextclick.model.calibrate.Calibration;
import io.nextclick.model.part.Attributes;
import io.nextclick.model.part.Context;
import io.nextclick.model.part.Crosses;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderConfig.Activation;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.model.part.ItemGraph;
import io.nextclick.model.part.ItemTable;
import io.nextclick.model.part.ModelPart;
import io.nextclick.model.part.Numeric;
import io.nextclick.model.part.Parts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Writes the bundles of a commit whose parts are nested, as {@code WriteBundles} does those of
 * commits before. Arguments: directory of models, commit, file of scores.
 */
class WriteParts {

  private static final ModelPart NUMERIC =
      new Numeric(List.of("price"), List.of(20.0), List.of(10.0));
  private static final ModelPart CROSSES =
      new Crosses(
          List.of("tag", "kind"), 8, 6, 0.1, List.of(2, 1), List.of("red", "blue", "fruit"), 2);
  private static final ModelPart GRAPH = new ItemGraph(3);
  private static final Calibration PLATT = new Calibration.Platt(0.7, -1.5);

  private static final String FIELDS =
      """
      {"names": ["price", "retrieval"], "means": [20, 0.25], "deviations": [10, 0.5],
       "edges": [%s, %s]}\
      """;

  public static void main(String[] args) throws Exception {
    Path models = Path.of(args[0]);
    var writer = new WriteParts(models, args[1], Path.of(args[2]));
    if (writer.first) {
      writer.numericCrossesGraph();
    } else {
      writer.fieldsAndBlocks();
    }
  }

  private void numericCrossesGraph() throws Exception {
    write("numeric-dot", Scoring.DOT, new Calibration.Identity(), NUMERIC);
    write("crosses-dot", Scoring.DOT, PLATT, new Attributes(6), new Context(6), CROSSES);
    write("graph-dot", Scoring.DOT, new Calibration.Relative(PLATT), GRAPH);
    write(
        "mixed-attend",
        Scoring.ATTEND,
        PLATT,
        new Attributes(6),
        new Context(6),
        NUMERIC,
        CROSSES,
        GRAPH);
  }

  /** By name alone: 9a627df, with which this is compiled too, has no such parts. */
  private void fieldsAndBlocks() throws Exception {
    ModelPart fields = part("fields", FIELDS.formatted(edges(0, 40), edges(-1, 1)));
    ModelPart norm = part("rmsNorm", "{}");
    ModelPart alike = part("graph", "{\"successors\": 3, \"alike\": true}");
    write("fields-dot", Scoring.DOT, PLATT, fields);
    write("rms-norm-dot", Scoring.DOT, new Calibration.Identity(), norm);
    write("alike-dot", Scoring.DOT, new Calibration.Relative(PLATT), alike);
    activation = Activation.valueOf("SWIGLU");
    write("swiglu-dot", Scoring.DOT, new Calibration.Identity());
    write("blocks-attend", Scoring.ATTEND, PLATT, new Attributes(6), fields, norm, alike);
  }

  private ModelPart part(String name, String settings) throws Exception {
    return Parts.of(Map.of(name, json.readTree(settings))).all().getFirst();
  }

  /** Fifteen, evenly between two numbers. */
  private static String edges(double from, double to) {
    return IntStream.rangeClosed(1, 15)
        .mapToObj(i -> String.valueOf((float) (from + i * (to - from) / 16)))
        .collect(Collectors.joining(", "));
  }

  private final ObjectMapper json = new ObjectMapper();
  private final Path models;
  private final String commit;
  private final Path scores;
  private final boolean first;
  private Activation activation = Activation.RELU;
  private int seed = 20;

  private WriteParts(Path models, String commit, Path scores) {
    this.models = models;
    this.commit = commit;
    this.scores = scores;
    this.first = commit.equals("9a627df");
  }

  private void write(String name, Scoring scoring, Calibration calibration, ModelPart... parts)
      throws Exception {
    EncoderConfig config =
        EncoderConfig.builder(5, scoring)
            .width(4, 4)
            .layers(1, 2)
            .history(5)
            .activation(activation)
            .parts(parts)
            .build();
    var vocabulary = new Vocabulary(List.of("apple", "Birne 2", "čaj", "42", "item/5"));
    var label =
        new BundleWriter.Label(
            name,
            commit,
            List.of("impression", "click", "like", "buy"),
            calibration,
            Map.of("source", "a fixture of commit " + commit),
            Map.of("NDCG@10", 0.25));
    Path written = new BundleWriter(models).publish(label, vocabulary, weights(config, seed++));
    ModelBundle bundle = ModelBundle.open(written);
    Path file = written.resolve("golden.json");
    Manifest manifest = bundle.manifest();
    GoldenRequests golden =
        GoldenRequests.parse(file, Files.readAllBytes(file), manifest.items(), manifest.reads());
    ObjectNode all = (ObjectNode) json.readTree(Files.readString(scores));
    ArrayNode rows = all.putArray(name + "/" + commit);
    try (Scorer scorer = bundle.scorer(Backend.SCALAR, null)) {
      for (GoldenRequests.Golden request : golden.requests()) {
        ArrayNode row = rows.addArray();
        for (float score : scorer.score(request.request())) {
          row.add(score);
        }
      }
    }
    Files.writeString(scores, json.writeValueAsString(all));
  }

  /** Random ones, also where all first values are 0 or 1, and what is known of the items. */
  private EncoderWeights weights(EncoderConfig config, int seed) {
    var random = new SplittableRandom(seed);
    Map<String, float[]> tensors =
        new LinkedHashMap<>(EncoderWeights.random(config, seed).tensors());
    tensors.replaceAll((name, values) -> {
      float[] filled = values.clone();
      float[] ones = new float[values.length];
      Arrays.fill(ones, 1);
      boolean fill =
          Arrays.equals(values, new float[values.length])
              || (!first && Arrays.equals(values, ones));
      for (int i = 0; i < filled.length && fill; i++) {
        filled[i] = (float) random.nextDouble(-0.5, 0.5);
      }
      return filled;
    });
    ItemTable items = ItemTable.of(config.parts(), config.items());
    for (int row = 1; row < config.items(); row++) { // nothing is known of the last one
      Map<String, List<String>> attributes =
          Map.of(
              "tag", row % 2 == 0 ? List.of("red", "blue") : List.of("red"),
              "kind", List.of("fruit"),
              "price", List.of(String.valueOf(10 * row)));
      items.put(row, new Item("i" + row, attributes, true, 1_700_000_000_000L + row * 86_400_000L));
    }
    for (ModelPart part : config.parts().all()) {
      ItemTable.Facts facts = items.of(part);
      if (facts != null) {
        tensors.putAll(part.known(facts));
      }
    }
    return new EncoderWeights(config, tensors);
  }
}
