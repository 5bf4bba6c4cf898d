// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.models;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/**
 * Which models shall serve.
 *
 * @param arms by reference, the weight: each model's part of the users is its weight over the sum;
 *     none for no trained model
 * @param shadows models that score after the answer
 */
public record RoutingPlan(Map<String, Integer> arms, List<String> shadows) {

  /** More would not fit in memory, and no experiment would end. */
  public static final int MAX_MODELS = 8;

  private static final int MAX_WEIGHT = 1_000_000;

  /** No trained model. */
  public static final RoutingPlan NONE = new RoutingPlan(Map.of(), List.of());

  /**
   * Checks a plan.
   *
   * @throws IllegalArgumentException if a reference or a weight is none, or a model stands in it
   *     twice
   */
  public RoutingPlan {
    arms = Collections.unmodifiableMap(new LinkedHashMap<>(arms));
    shadows = List.copyOf(shadows);
    List<String> all = new ArrayList<>(arms.keySet());
    all.addAll(shadows);
    Set<ModelReference> seen = new LinkedHashSet<>();
    for (String reference : all) {
      if (!seen.add(ModelReference.of(reference))) {
        throw new IllegalArgumentException(reference + " stands in the plan twice");
      }
    }
    if (all.size() > MAX_MODELS) {
      throw new IllegalArgumentException("more than %d models".formatted(MAX_MODELS));
    }
    if (arms.isEmpty() && !shadows.isEmpty()) {
      throw new IllegalArgumentException("shadows without an arm to compare them with");
    }
    arms.forEach(RoutingPlan::checkWeight);
  }

  private static void checkWeight(String reference, Integer weight) {
    if (weight < 1 || weight > MAX_WEIGHT) {
      throw new IllegalArgumentException(
          "the weight of %s must be between 1 and %,d".formatted(reference, MAX_WEIGHT));
    }
  }

  /** All users to one model. */
  public static RoutingPlan only(ModelReference model, List<String> shadows) {
    return new RoutingPlan(
        Map.of(model.toString(), 1),
        shadows.stream().filter(shadow -> !shadow.equals(model.toString())).toList());
  }

  /** The arms in order. */
  SequencedMap<ModelReference, Integer> armsInOrder() {
    SequencedMap<ModelReference, Integer> ordered = new LinkedHashMap<>();
    arms.forEach((reference, weight) -> ordered.put(ModelReference.of(reference), weight));
    return ordered;
  }

  /** The shadows. */
  List<ModelReference> shadowReferences() {
    return shadows.stream().map(ModelReference::of).toList();
  }
}
