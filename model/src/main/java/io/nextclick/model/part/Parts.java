// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.part;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nextclick.features.json.Json;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.part.ModelPart.StackedPart;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a model, in the order of {@link #ALL}. In JSON an object by their names; what is
 * absent is off.
 *
 * @param all one of each type at most
 */
public record Parts(List<ModelPart> all) {

  /**
   * A part that a model may have.
   *
   * @param name in JSON
   * @param usual settings to begin with
   */
  public record Kind(String name, ModelPart usual) {}

  /**
   * Every part there is. Their tensors stand in this order in the file, which also is the order in
   * which first values are drawn: a new part goes to the end.
   */
  public static final List<Kind> ALL =
      List.of(
          new Kind("actions", new Actions(0)),
          new Kind("attributes", new Attributes(16_384)),
          new Kind("timeGaps", new TimeGaps(32)),
          new Kind("context", new Context(8_192)),
          new Kind("repeats", new Repeats(4)),
          new Kind("shift", new TokenShift(2)),
          new Kind("requestBlock", new RequestBlock(64)),
          new Kind("interest", new Interest()),
          new Kind("transitions", new Transitions(64, 0)),
          new Kind("numeric", new Numeric(List.of("price"), List.of(), List.of())),
          new Kind("crosses", Crosses.found()),
          new Kind("graph", new ItemGraph(64)),
          new Kind("fields", Fields.found()),
          new Kind("rmsNorm", new RmsNorm()));

  /** No part. */
  public static final Parts NONE = new Parts(List.of());

  private static final JsonMapper JSON =
      Json.mapper()
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
          .build();

  public Parts {
    List<ModelPart> ordered = new ArrayList<>();
    for (Kind kind : ALL) {
      all.stream().filter(part -> part.getClass() == kind.usual.getClass()).forEach(ordered::add);
    }
    if (ordered.size() != all.size()
        || ordered.stream().map(Object::getClass).distinct().count() != all.size()) {
      throw new IllegalArgumentException("no list of different parts: " + all);
    }
    all = List.copyOf(ordered);
  }

  /** These parts; null stands for one that is off. */
  public static Parts of(@Nullable ModelPart... parts) {
    List<ModelPart> on = new ArrayList<>();
    for (ModelPart part : parts) {
      if (part != null) {
        on.add(part);
      }
    }
    return new Parts(on);
  }

  /** Every part that goes with a scoring, with its usual settings. */
  public static Parts every(Scoring scoring) {
    List<ModelPart> parts = new ArrayList<>();
    for (Kind kind : ALL) {
      if (kind.usual.unfit(scoring) == null) {
        parts.add(kind.usual);
      }
    }
    return new Parts(parts);
  }

  /**
   * Parts by their names.
   *
   * @throws IllegalArgumentException if there is no such part, or no such setting of it
   */
  @JsonCreator
  public static Parts of(Map<String, JsonNode> settings) {
    List<ModelPart> parts = new ArrayList<>();
    settings.forEach((name, node) -> {
      try {
        parts.add(JSON.treeToValue(node, kind(name).usual.getClass()));
      } catch (JsonProcessingException e) {
        // What the part itself says, where it does, and not how it is constructed.
        String why =
            e.getCause() instanceof IllegalArgumentException own
                ? own.getMessage()
                : e.getOriginalMessage();
        throw new IllegalArgumentException("part " + name + ": " + why, e);
      }
    });
    return new Parts(parts);
  }

  /**
   * The part of a name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static Kind kind(String name) {
    return ALL.stream()
        .filter(kind -> kind.name.equals(name))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("there is no part " + name + ", only " + names()));
  }

  private static List<String> names() {
    return ALL.stream().map(Kind::name).toList();
  }

  /** Settings by the parts' names. */
  @JsonValue
  public Map<String, JsonNode> settings() {
    Map<String, JsonNode> settings = new LinkedHashMap<>();
    for (ModelPart part : all) {
      for (Kind kind : ALL) {
        if (kind.usual.getClass() == part.getClass()) {
          settings.put(kind.name, JSON.valueToTree(part));
        }
      }
    }
    return settings;
  }

  /** The part of a type; null if it is off. */
  public <T extends ModelPart> @Nullable T get(Class<T> type) {
    return all.stream().filter(type::isInstance).map(type::cast).findFirst().orElse(null);
  }

  /** Whether one action code is told from another, and not just what was only shown. */
  public boolean tellActionsApart() {
    return get(Actions.class) != null;
  }

  /** The parts as they fit what is trained on. */
  public Parts fitted(int actions, ItemTable items) {
    return of(all.stream().map(part -> part.fitted(actions, items)).toArray(ModelPart[]::new));
  }

  /** These without those that are fitted when all else has been trained. */
  public Parts trained() {
    return new Parts(all.stream().filter(part -> !(part instanceof StackedPart)).toList());
  }

  /** These without those that only learn from what was shown. */
  public Parts ofNextItems() {
    return new Parts(all.stream().filter(ModelPart::learnsNextItems).toList());
  }

  /** Those of some steps that fill a slot, in their order. */
  public static <S> List<S> inSlot(List<?> steps, Class<S> slot) {
    return steps.stream().filter(slot::isInstance).map(slot::cast).toList();
  }

  /** Refuses a setting that is out of range. */
  static void requireRange(String name, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          "%s=%d is not between %d and %d".formatted(name, value, least, most));
    }
  }

  @Override
  public String toString() {
    return Arrays.toString(all.toArray());
  }
}
