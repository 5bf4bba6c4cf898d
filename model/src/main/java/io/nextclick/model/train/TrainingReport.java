// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nextclick.features.json.Json;
import java.util.List;
import java.util.Map;

/**
 * What {@code metrics.json} says. There is no clock in it: the same run gives the same bytes.
 *
 * @param metric what the validation measured after every epoch
 * @param best the epoch whose weights the bundle has
 * @param metrics of these weights
 * @param epochs all of them
 */
record TrainingReport(String metric, int best, Map<String, Double> metrics, List<Epoch> epochs) {

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
