// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.evaluate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nextclick.features.item.ItemCatalog;
import io.nextclick.features.json.Json;
import io.nextclick.features.sequence.UserSequence;
import io.nextclick.model.data.Impression;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * Click probabilities that come from elsewhere: the truth about a made-up log, or what another
 * system had said of the same impressions.
 *
 * <p>One JSON object per line, {@code
 * {"user":"u1","request":"r7","items":["a","b"],"probabilities":[0.1,0.02]}}.
 */
public final class KnownProbabilities {

  private static final JsonMapper JSON = Json.mapper().build();

  private record Key(String user, String request) {}

  private record Page(List<String> items, double[] probabilities) {}

  private final String name;
  private final String source;
  private final Map<Key, Page> pages = new HashMap<>();

  /**
   * @param name in the report
   * @param source the file that they come from, for messages
   */
  public KnownProbabilities(String name, String source) {
    this.name = name;
    this.source = source;
  }

  /**
   * Adds a line.
   *
   * @param number of the line, for messages
   * @throws IllegalArgumentException if it is not what it must be
   */
  public void add(long number, byte[] line) {
    try {
      add(JSON.readTree(line));
    } catch (JsonProcessingException e) {
      throw bad(number, e.getOriginalMessage(), e);
    } catch (IOException | IllegalArgumentException e) {
      throw bad(number, String.valueOf(e.getMessage()), e);
    }
  }

  private IllegalArgumentException bad(long number, String why, Exception cause) {
    return new IllegalArgumentException(
        "%s, line %d: no probabilities of an impression: %s; nextclick shop --truth writes such lines"
            .formatted(source, number, why),
        cause);
  }

  private void add(JsonNode line) {
    JsonNode items = line.path("items");
    JsonNode probabilities = line.path("probabilities");
    if (!line.path("request").isTextual()
        || items.isEmpty()
        || items.size() != probabilities.size()) {
      throw new IllegalArgumentException(
          "needs user, request, items and as many probabilities: " + line);
    }
    double[] values = new double[items.size()];
    String[] ids = new String[values.length];
    for (int i = 0; i < values.length; i++) {
      ids[i] = items.get(i).asText();
      values[i] = probabilities.get(i).asDouble(Double.NaN);
      if (!(values[i] >= 0 && values[i] <= 1)) {
        throw new IllegalArgumentException("no probability: " + probabilities.get(i));
      }
    }
    pages.put(
        new Key(line.path("user").asText(), line.path("request").asText()),
        new Page(List.of(ids), values));
  }

  /** As a ranker; it must know every impression that is asked about. */
  ImpressionRanker ranker() {
    return new ImpressionRanker() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public boolean readsHistory() {
        return false;
      }

      @Override
      public Supplier<Scored> prepare(Impression shown, UserSequence history, ItemCatalog items) {
        return () -> scored(shown);
      }
    };
  }

  private ImpressionRanker.Scored scored(Impression shown) {
    String request = Objects.requireNonNullElse(shown.event().request(), "");
    Page page = pages.get(new Key(shown.user(), request));
    if (page == null || !page.items.equals(shown.items())) {
      throw new IllegalArgumentException(
          "%s (%s) knows nothing of impression %s; it needs a line for each"
              .formatted(name, source, shown.event().id()));
    }
    double[] scores = Arrays.stream(page.probabilities).map(KnownProbabilities::logit).toArray();
    return new ImpressionRanker.Scored(scores, page.probabilities);
  }

  private static double logit(double p) {
    double held = Math.clamp(p, 1e-9, 1 - 1e-9);
    return Math.log(held / (1 - held));
  }
}
