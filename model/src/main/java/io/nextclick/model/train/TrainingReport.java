// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nextclick.features.json.Json;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What {@code metrics.json} says. There is no clock in it: the same run gives the same bytes.
 *
 * @param metric what the validation measured after every epoch
 * @param best the epoch whose weights the bundle has
 * @param stopped that the clock ended the training, in words; null if it did not
 * @param metrics of these weights
 * @param epochs all of them
 * @param search how the recipe was found; null where nobody searched
 */
record TrainingReport(
    String metric,
    int best,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String stopped,
    Map<String, Double> metrics,
    List<Epoch> epochs,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Object search) {

  private static final JsonMapper JSON =
      Json.mapper().enable(SerializationFeature.INDENT_OUTPUT).build();

  /** As a file. */
  String json() {
    try {
      return JSON.writeValueAsString(this) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
