// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nextclick.features.json.Json;
import io.nextclick.model.encoder.EncoderConfig;
import io.nextclick.model.train.TrainingSettings.NextItem;
import io.nextclick.model.train.TrainingSettings.Objective;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Everything about a training run that a person chooses, in the words of {@link EncoderConfig} and
 * {@link TrainingSettings}. Presets are JSON files beside this class.
 */
public record Recipe(
    EncoderConfig.Scoring scoring,
    int dim,
    int layers,
    int heads,
    int feedForward,
    int maxHistory,
    EncoderConfig.Activation activation,
    EncoderConfig.Norm norm,
    EncoderConfig.Positions positions,
    EncoderConfig.Anchor anchor,
    boolean finalNorm,
    boolean scaleEmbedding,
    double epsilon,
    boolean readActions,
    boolean readImpressions,
    int timeGapBuckets,
    int attributeBuckets,
    int contextBuckets,
    int repeats,
    int shift,
    int requestWidth,
    boolean interest,
    int transitions,
    NextItem nextItem,
    int negatives,
    double gbceT,
    double smoothing,
    boolean excludeOwn,
    int windows,
    double nextItemWeight,
    double clickWeight,
    double historyWeight,
    double unknownShare,
    double dropout,
    double spread,
    double averaging,
    int batch,
    int epochs,
    int patience,
    double learningRate,
    double beta2,
    double adamEpsilon,
    double weightDecay,
    double transitionDecay,
    int warmUp,
    double decline,
    double clip) {

  /** The presets' names. */
  public static final List<String> PRESETS = List.of("ml-1m", "next-item", "clicks", "kuairand");

  private static final double BETA1 = 0.9;

  private static final JsonMapper JSON =
      Json.mapper()
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .build();

  /**
   * A preset.
   *
   * @throws IllegalArgumentException if there is none of that name
   */
  public static Recipe preset(String name) {
    if (!PRESETS.contains(name)) {
      throw new IllegalArgumentException(
          "unknown preset: " + name + "; there are " + String.join(", ", PRESETS));
    }
    try (InputStream in = Recipe.class.getResourceAsStream(name + ".json")) {
      return JSON.readValue(in, Recipe.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether a preset is for next items, else for clicks on impressions. */
  public static boolean nextItem(String preset) {
    return preset.equals("ml-1m") || preset.equals("next-item");
  }

  /**
   * This recipe with some settings changed.
   *
   * @param changes texts by the components' names
   * @throws IllegalArgumentException if a name is unknown or a text is no value of its type; the
   *     message says which
   */
  public Recipe with(Map<String, String> changes) {
    ObjectNode tree = JSON.valueToTree(this);
    changes.forEach((name, text) -> tree.set(name, value(tree, name, text)));
    try {
      return JSON.treeToValue(tree, Recipe.class);
    } catch (IOException e) {
      throw new IllegalArgumentException("one of " + changes + ": " + e.getMessage(), e);
    }
  }

  private static JsonNode value(ObjectNode tree, String name, String text) {
    JsonNode old = tree.get(name);
    if (old == null) {
      throw new IllegalArgumentException(
          "unknown setting: " + name + "; there are " + String.join(", ", names(tree)));
    }
    if (old.isTextual()) {
      return tree.textNode(text);
    }
    try {
      JsonNode parsed = JSON.readTree(text);
      if (parsed != null && (old.isNumber() ? parsed.isNumber() : parsed.isBoolean())) {
        return parsed;
      }
    } catch (IOException e) {
      // Said below.
    }
    throw new IllegalArgumentException(
        "%s=%s is no %s".formatted(name, text, old.isNumber() ? "number" : "true or false"));
  }

  private static List<String> names(ObjectNode tree) {
    return tree.properties().stream().map(Map.Entry::getKey).toList();
  }

  /** Names and values, as text. */
  public Map<String, String> settings() {
    ObjectNode tree = JSON.valueToTree(this);
    Map<String, String> settings = new TreeMap<>();
    tree.properties().forEach(entry -> settings.put(entry.getKey(), entry.getValue().asText()));
    return settings;
  }

  /** The encoder's shape, for a catalogue and a list of actions. */
  EncoderConfig config(int items, int actions) {
    return new EncoderConfig(
        items,
        dim,
        layers,
        heads,
        feedForward,
        maxHistory,
        activation,
        norm,
        positions,
        anchor,
        finalNorm,
        scaleEmbedding,
        (float) epsilon,
        readImpressions,
        readActions ? actions : 0,
        attributeBuckets,
        timeGapBuckets,
        contextBuckets,
        repeats,
        shift,
        requestWidth,
        interest,
        transitions,
        scoring);
  }

  /** The training settings. */
  TrainingSettings settings(long seed, int threads) {
    return new TrainingSettings(
        seed,
        threads,
        batch,
        epochs,
        patience,
        new Optimizer.Settings(
            learningRate,
            BETA1,
            beta2,
            adamEpsilon,
            weightDecay,
            transitionDecay,
            warmUp,
            decline,
            clip),
        dropout,
        spread,
        averaging,
        new Objective(nextItem, negatives, gbceT, smoothing, excludeOwn),
        nextItemWeight,
        clickWeight,
        unknownShare);
  }
}
