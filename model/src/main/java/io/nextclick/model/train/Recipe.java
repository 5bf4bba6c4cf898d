// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nextclick.features.json.Json;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.ItemTable;
import io.nextclick.model.part.Parts;
import io.nextclick.model.train.TrainingSettings.NextItem;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;

/**
 * Everything about a training run that a person chooses. Presets are JSON files beside this class.
 *
 * @param encoder the model; its items are those of the log, and its parts are fitted to that
 * @param objective what is predicted
 * @param optimizer how the weights change
 */
public record Recipe(EncoderConfig encoder, Objective objective, Optimizer optimizer) {

  /**
   * What is predicted, and from what.
   *
   * @param nextItem the loss on next items
   * @param negatives drawn for {@link NextItem#draws}
   * @param gbceT gBCE's t, 0 to 1
   * @param smoothing share of the target's probability that is spread over all items
   * @param excludeOwn whether a user's own items are no negatives
   * @param windows of a long history, the newest ones, that are learnt from
   * @param nextItemWeight weight of the mean loss on next items
   * @param clickWeight weight of the mean loss on impressions
   * @param historyWeight weight of an impression that no request tells of; 0 leaves them out
   */
  public record Objective(
      NextItem nextItem,
      int negatives,
      double gbceT,
      double smoothing,
      boolean excludeOwn,
      int windows,
      double nextItemWeight,
      double clickWeight,
      double historyWeight) {

    public Objective {
      if (smoothing > 0 && nextItem != NextItem.FULL) {
        throw new IllegalArgumentException(
            "smoothing=%s goes with nextItem=full alone, and not with %s: set nextItem=full, or leave smoothing at 0"
                .formatted(smoothing, nextItem));
      }
      if (negatives < 1 && nextItem.draws()) {
        throw new IllegalArgumentException(
            "negatives=%d: nextItem=%s draws at least 1".formatted(negatives, nextItem));
      }
    }
  }

  /**
   * How the weights change; the words are those of {@link TrainingSettings}.
   *
   * @param weightDecay per step, times the learning rate, of embeddings and layers
   */
  public record Optimizer(
      int batch,
      int epochs,
      int patience,
      double learningRate,
      double beta2,
      double adamEpsilon,
      double weightDecay,
      int warmUp,
      double decline,
      double clip,
      double averaging,
      double spread,
      double dropout,
      double unknownShare) {}

  /** The presets' names. */
  public static final List<String> PRESETS = List.of("ml-1m", "next-item", "clicks", "kuairand");

  private static final double BETA1 = 0.9;
  private static final String ENCODER = "encoder";
  private static final String ITEMS = "items";

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
      return of(JSON.readValue(in, ObjectNode.class));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Recipe of(ObjectNode tree) throws IOException {
    tree.withObject("/" + ENCODER).put(ITEMS, 0);
    return JSON.treeToValue(tree, Recipe.class);
  }

  private ObjectNode tree() {
    ObjectNode tree = JSON.valueToTree(this);
    tree.withObject("/" + ENCODER).remove(ITEMS);
    return tree;
  }

  /** Whether a preset is for next items, else for clicks on impressions. */
  public static boolean nextItem(String preset) {
    return preset.equals("ml-1m") || preset.equals("next-item");
  }

  /**
   * This recipe with some settings changed.
   *
   * @param changes texts by the names of {@link #settings}; a part's own name with {@code on},
   *     {@code off}, or a text for its first setting
   * @throws IllegalArgumentException if a name is unknown or a text is no value of its type; the
   *     message says which
   */
  public Recipe with(Map<String, String> changes) {
    RecipeSettings settings = new RecipeSettings(tree());
    changes.forEach(settings::set);
    try {
      return of(settings.tree());
    } catch (IOException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new IllegalArgumentException("one of " + changes + ": " + cause.getMessage(), e);
    }
  }

  /** Names and values, as text. */
  public Map<String, String> settings() {
    return new RecipeSettings(tree()).texts();
  }

  /** Whether the model reads what was done with an item. */
  public boolean readsActions() {
    return parts().tellActionsApart();
  }

  /** What the model has beside its layers. */
  Parts parts() {
    return encoder.parts();
  }

  /** The encoder, for a catalogue and a list of actions. */
  EncoderConfig config(int items, int actions, ItemTable table) {
    return encoder.fitted(items, parts().fitted(actions, table));
  }

  /** The training settings. */
  TrainingSettings settings(long seed, int threads) {
    return new TrainingSettings(
        seed,
        threads,
        optimizer.batch,
        optimizer.epochs,
        optimizer.patience,
        new io.nextclick.model.train.Optimizer.Settings(
            optimizer.learningRate,
            BETA1,
            optimizer.beta2,
            optimizer.adamEpsilon,
            optimizer.weightDecay,
            optimizer.warmUp,
            optimizer.decline,
            optimizer.clip),
        optimizer.dropout,
        optimizer.spread,
        optimizer.averaging,
        new TrainingSettings.Objective(
            objective.nextItem,
            objective.negatives,
            objective.gbceT,
            objective.smoothing,
            objective.excludeOwn),
        objective.nextItemWeight,
        objective.clickWeight,
        optimizer.unknownShare);
  }
}
