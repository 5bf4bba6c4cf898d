// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StrictJsonTest {

  /** What follows is never looked at, so it may be anything. */
  private static final String NOT_READ = "\u0000 no JSON";

  @ParameterizedTest
  @CsvSource({"candidates, 200", "exclude, 200", "excludeActions, 200"})
  void read_arrayThatIsTooLong_endsAtItsBound(String field, int max) {
    String body =
        "{\"user\":\"u\",\"%s\":[%s,%s".formatted(field, repeat("\"a\"", max + 1), NOT_READ);

    assertThatThrownBy(() -> RankRequest.read(bytes(body), max, 20))
        .isInstanceOf(ProblemException.class)
        .hasMessage(field + " has more than 200 items");
  }

  @ParameterizedTest
  @CsvSource({"context, \"v\"", "filter, [\"v\"]"})
  void read_objectWithTooManyNames_endsAtItsBound(String field, String value) {
    String entries =
        IntStream.rangeClosed(0, BoundedParser.MAX_NAMES)
            .mapToObj(i -> "\"n%d\":%s".formatted(i, value))
            .collect(Collectors.joining(","));
    String body = "{\"user\":\"u\",\"%s\":{%s,%s".formatted(field, entries, NOT_READ);

    assertThatThrownBy(() -> RankRequest.read(bytes(body), 200, 20))
        .isInstanceOf(ProblemException.class)
        .hasMessage(field + " has more than 64 entries");
  }

  @Test
  void read_arrayAtItsBound_isRead() {
    String body = "{\"user\":\"u\",\"candidates\":[%s]}".formatted(repeat("\"a\"", 200));

    assertThat(RankRequest.read(bytes(body), 200, 20).candidates().items()).hasSize(200);
  }

  private static String repeat(String value, int times) {
    return IntStream.range(0, times).mapToObj(i -> value).collect(Collectors.joining(","));
  }

  private static byte[] bytes(String body) {
    return body.getBytes(StandardCharsets.UTF_8);
  }
}
