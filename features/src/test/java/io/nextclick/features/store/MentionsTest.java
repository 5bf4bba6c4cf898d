// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MentionsTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"user\":\"ann-1\",\"item\":",
        "{\"user\" : \"ann\\u002d1\"}",
        "{user\":\"ann-1\",\"x\":1}",
        "{\"who\":{\"id\":\"ann-1\"}}",
        "ann-1;click;i7",
        "click ann-1",
        "{'user':'ann-1'}"
      })
  void any_recordThatNamesTheUser_isFound(String record) {
    Mentions mentions = new Mentions(record.getBytes(UTF_8));
    assertThat(mentions.mayHold(Set.of("ann-1")) && mentions.any("ann-1"::equals)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{\"user\":\"ann-11\"}",
        "{\"ann-1\":1}",
        "xann-1",
        "{\"user\":\"Ann-1\"}",
        "\"\\"
      })
  void any_recordThatDoesNot_isNot(String record) {
    assertThat(new Mentions(record.getBytes(UTF_8)).any("ann-1"::equals)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"user\":\"ann\",\"item\":",
        "{\"a\":\"user\",\"user\" :\n\"\\u0061nn\"}",
        "{\"uid\":ann}",
        "{\"x\":{\"uid\": \"ann\" , \"user\":\"bob\"}}"
      })
  void isOf_aFieldOfTheUser_isFound(String record) {
    assertThat(new Mentions(record.getBytes(UTF_8)).isOf(List.of("uid", "user"), "ann")).isTrue();
  }

  /** Else somebody would get another one's data. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"user\":\"bob\",\"item\":\"ann\"}",
        "{\"user\":\"bob\",\"x\":{\"user\":\"ann\"}}",
        "{\"user\":\"ann",
        "ann;click;i7"
      })
  void isOf_anotherUsersRecord_isNot(String record) {
    assertThat(new Mentions(record.getBytes(UTF_8)).isOf(List.of("user"), "ann")).isFalse();
  }
}
