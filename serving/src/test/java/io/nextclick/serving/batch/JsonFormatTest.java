// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nextclick.model.rank.UserRanker.Ranked;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Rows put together by hand are JSON, and say what they were given. */
class JsonFormatTest {

  private static final int ITEMS = 1_203; // more ranks than are kept ready
  private static final float[] SCORES = {
    0, 1, 10, 100, 1_000, 9.999999f, 99.99999f, 999.9999f, 0x1p-5f, 0x1p-10f, 2, 4, 8, 16, 512,
    3.4e38f
  };
  private static final List<String> NAMES =
      List.of(
          "plain", "quo\"ted", "back\\slash", "ümläut", "\ud83d\ude00", "~ and space", "\u007f");

  @Test
  void encode_anyNames_isReadBack() throws Exception {
    List<RankedUser> users = new ArrayList<>();
    var random = new SplittableRandom(1);
    for (int u = 0; u < NAMES.size(); u++) {
      users.add(new RankedUser(NAMES.get(u), list(random), u == 0 ? null : (long) u));
    }
    var out = new ByteArrayOutputStream();
    var format = new JsonFormat();
    format.begin(out).append(format.encode(users, "mo\"del/v1"));

    String[] lines = out.toString(StandardCharsets.UTF_8).split("\n", -1);
    assertThat(lines).hasSize(NAMES.size() * ITEMS + 1);
    int line = 0;
    for (RankedUser user : users) {
      for (int i = 0; i < ITEMS; i++) {
        JsonNode row = new ObjectMapper().readTree(lines[line++]);
        assertThat(row.get("user").asText()).isEqualTo(user.user());
        assertThat(row.get("item").asText()).isEqualTo(user.list().items().get(i));
        assertThat(row.get("rank").asInt()).isEqualTo(i + 1);
        assertThat(row.get("score").floatValue()).isEqualTo(user.list().scores()[i]);
        float[] probabilities = user.list().probabilities();
        if (probabilities == null) {
          assertThat(row.get("probability").isNull()).isTrue();
        } else {
          assertThat(row.get("probability").floatValue()).isEqualTo(probabilities[i]);
        }
        assertThat(row.get("modelVersion").asText()).isEqualTo("mo\"del/v1");
        assertThat(row.get("historyOffset").isNull()).isEqualTo(user.historyOffset() == null);
        assertThat(row.get("historyOffset").asLong())
            .isEqualTo(user.historyOffset() == null ? 0 : user.historyOffset());
        assertThat(row.size()).isEqualTo(7);
      }
    }
    assertThat(lines[line]).isEmpty();
  }

  private static Ranked list(SplittableRandom random) {
    List<String> items = new ArrayList<>();
    float[] probabilities = new float[ITEMS];
    for (int i = 0; i < ITEMS; i++) {
      items.add(NAMES.get(random.nextInt(NAMES.size())) + i);
      double range = i % 2 == 0 ? 90 : 8; // some are denormal
      probabilities[i] = (float) Math.exp(-range * random.nextDouble());
    }
    float[] edges = {0, 1, 0x1p-5f, 0x1p-10f, 0x1p-4f, 0.5f, Float.MIN_VALUE};
    for (int i = 0; i < edges.length; i++) {
      probabilities[3 * i] = edges[i];
      probabilities[3 * i + 1] = Math.nextUp(Math.min(edges[i], 0.9f));
      probabilities[3 * i + 2] = Math.nextDown(Math.max(edges[i], Float.MIN_VALUE));
    }
    float[] scores = new float[ITEMS];
    for (int i = 0; i < ITEMS; i++) {
      scores[i] = (float) Math.scalb(random.nextDouble(-1, 1), random.nextInt(-40, 40));
    }
    for (int i = 0; i < SCORES.length; i++) {
      scores[3 * i] = SCORES[i];
      scores[3 * i + 1] = Math.nextUp(SCORES[i]);
      scores[3 * i + 2] = Math.nextDown(-SCORES[i]);
    }
    return new Ranked(items, scores, random.nextBoolean() ? probabilities : null, ITEMS);
  }
}
