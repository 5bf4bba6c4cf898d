// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import io.nextclick.serving.api.ProblemException;
import io.nextclick.serving.api.RankRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What may stand in an event may stand in a request and in a row of a batch, and means the same.
 */
class TwoGatesTest {

  private static final String EVENT = "'id':'e','action':'click','item':'i','time':1600000000001";

  @TempDir private Path directory;

  /** Values of a context, as JSON; a tilde stands before those that are refused. */
  static Stream<String> values() {
    return Stream.of(
        "'home'",
        "''",
        "' home '",
        "'\\u202e'",
        "'é日😀'",
        "2",
        "-0",
        "2.50",
        "1e3",
        "12345678901234567890",
        "true",
        "false",
        "'" + "x".repeat(128) + "'",
        "'" + "é".repeat(64) + "'",
        "~'" + "x".repeat(129) + "'",
        "~'" + "é".repeat(65) + "'",
        "~null",
        "~[]",
        "~['a']",
        "~{}",
        "~1e999",
        "~NaN",
        "~'\\u0000'",
        "~'\\ud800'");
  }

  @ParameterizedTest
  @MethodSource("values")
  void context_value_isReadAlike(String value) throws IOException {
    assertAlike("'context':{'x':" + value.replace("~", "") + "}", value.startsWith("~"));
  }

  /** Contexts and ids; a tilde stands before those that are refused. */
  static Stream<String> fields() {
    return Stream.of(
        "'context':{}",
        "'context':null",
        "'context':" + entries(16),
        "~'context':" + entries(17),
        "'context':{'" + "n".repeat(128) + "':1}",
        "~'context':{'" + "n".repeat(129) + "':1}",
        "~'context':{'':1}",
        "~'context':{' x':1}",
        "~'context':{'\\u0007':1}",
        "~'context':{'x':1,'x':2}",
        "~'context':[]",
        "~'context':'x'");
  }

  @ParameterizedTest
  @MethodSource("fields")
  void context_isReadAlike(String field) throws IOException {
    assertAlike(field.replace("~", ""), field.startsWith("~"));
  }

  @Test
  void user_isReadAlike() throws IOException {
    for (String user : List.of("'u'", "'" + "é".repeat(64) + "'", "'a/b%5c\\\\'")) {
      assertThat(readings("'user':" + user)).as(user).hasSize(1).doesNotContainNull();
    }
    for (String user :
        List.of("7", "true", "null", "''", "' u'", "'u\\n'", "'" + "é".repeat(65) + "'", "['u']")) {
      assertThat(readings("'user':" + user)).as(user).hasSize(1).containsOnlyNulls();
    }
  }

  @Test
  void filter_isReadLikeAttributes() {
    for (String value :
        List.of(
            "'red'",
            "['red','blue']",
            "9.50",
            "[1,2.0,true]",
            "''",
            "'" + "x".repeat(1024) + "'")) {
      Event item =
          (Event)
              EventJson.decode(
                  json(
                      "{'id':'e','action':'item','item':'i','time':1600000000001,'attributes':{'a':%s}}",
                      value));
      RankRequest rank = RankRequest.read(json("{'user':'u','filter':{'a':%s}}", value), 10, 10);
      assertThat(rank.filter()).as(value).isEqualTo(item.attributes());
    }
    for (String value : List.of("null", "[]", "[[]]", "{}", "1e999", "'" + "é".repeat(513) + "'")) {
      assertThat(
              EventJson.decode(
                  json(
                      "{'id':'e','action':'item','item':'i','time':1600000000001,'attributes':{'a':%s}}",
                      value)))
          .as(value)
          .isNotInstanceOf(Event.class);
      assertThat(rank(json("{'user':'u','filter':{'a':%s}}", value))).as(value).isNull();
    }
  }

  @Test
  void rank_emptyListsAndObjects_areAbsent() {
    RankRequest empty =
        RankRequest.read(
            json("{'user':'u','candidates':[],'exclude':[],'context':{},'filter':{}%s}", ""),
            10,
            10);

    assertThat(empty).isEqualTo(RankRequest.read(json("{'user':'u'%s}", ""), 10, 10));
  }

  private void assertAlike(String field, boolean refused) throws IOException {
    List<@Nullable Map<String, String>> readings = readings("'user':'u'," + field);
    assertThat(readings).as("event, rank and batch row: %s", readings).hasSize(1);
    assertThat(readings.getFirst() == null).as("%s is refused", field).isEqualTo(refused);
  }

  /** The distinct contexts that the gates read; null where one refuses. */
  private List<@Nullable Map<String, String>> readings(String fields) throws IOException {
    List<@Nullable Map<String, String>> readings = new ArrayList<>();
    readings.add(
        EventJson.decode(json("{%s," + EVENT + "}", fields)) instanceof Event event
            ? event.context()
            : null);
    readings.add(rank(json("{%s}", fields)));
    readings.add(row(json("{%s}", fields)));
    return readings.stream().distinct().toList();
  }

  private static @Nullable Map<String, String> rank(byte[] body) {
    try {
      Map<String, String> context = RankRequest.read(body, 10, 10).context();
      return context == null ? Map.of() : context;
    } catch (ProblemException e) {
      return null;
    }
  }

  private @Nullable Map<String, String> row(byte[] line) throws IOException {
    Path file = Files.write(directory.resolve("rows.jsonl"), line);
    List<InputRow> rows = new ArrayList<>();
    new UserFile(file).forEach(rows::add);
    return rows.getFirst() instanceof InputRow.User user ? user.context() : null;
  }

  private static String entries(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> "'c" + i + "':" + i)
        .collect(Collectors.joining(",", "{", "}"));
  }

  private static byte[] json(String format, String value) {
    return format.formatted(value).replace('\'', '"').getBytes(UTF_8);
  }
}
