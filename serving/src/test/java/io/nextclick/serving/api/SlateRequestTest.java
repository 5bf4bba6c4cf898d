// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SlateRequestTest {

  @Test
  void read_leavesOut_whatTheServiceFills() {
    SlateRequest slate = slate("{'method':'mmr','similarBy':[],'maxPerValue':{}}");

    assertThat(slate.filled())
        .isEqualTo(new SlateRequest(10, "mmr", 100, null, 0.7, null, null, null));
    assertThat(slate("{'method':'top'}").filled().lambda()).isNull();
    assertThat(slate("{'method':'top','size':50}").filled().shortlist()).isEqualTo(100);
  }

  @Test
  void read_limits_keepTheirOrder() {
    SlateRequest slate =
        slate("{'method':'top','maxPerValue':{'b':2,'a':1},'minDistance':{'d':3,'c':2}}");

    assertThat(slate.maxPerValue()).containsExactly(Map.entry("b", 2), Map.entry("a", 1));
    assertThat(slate.minDistance()).containsExactly(Map.entry("d", 3), Map.entry("c", 2));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "{}                                   | slate.method | is missing: one of top, mmr,"
            + " decoder",
        "{'method':'mmrr'}                    | slate.method | did you mean mmr?",
        "{'method':'<b>'}                     | slate.method | is not one of top, mmr, decoder",
        "{'method':3}                         | slate.method | wrong type",
        "{'method':'top','size':0}            | slate.size   | is not between 1 and 50",
        "{'method':'top','size':51}           | slate.size   | is not between 1 and 50",
        "{'method':'top','size':1.5}          | slate.size   | wrong type",
        "{'method':'top','shortlist':9}       | slate.shortlist | is not between 10 and 500",
        "{'method':'top','shortlist':501}     | slate.shortlist | is not between 10 and 500",
        "{'method':'mmr','beam':4}            | slate.beam   | goes with the method decoder, not"
            + " with",
        "{'method':'decoder','beam':17}       | slate.beam   | is not between 1 and 16",
        "{'method':'top','lambda':0.5}        | slate.lambda | goes with the method mmr",
        "{'method':'mmr','lambda':1.01}       | slate.lambda | is not between 0 and 1",
        "{'method':'mmr','lambda':-0.1}       | slate.lambda | is not between 0 and 1",
        "{'method':'top','similarBy':['a']}   | slate.similarBy | goes with the method mmr",
        "{'method':'mmr','similarBy':['']}    | slate.similarBy[0] | is empty",
        "{'method':'mmr','similarBy':[null]}  | slate.similarBy[0] | is missing",
        "{'method':'top','maxPerValue':{'a':0}}    | slate.maxPerValue.a | between 1 and 100",
        "{'method':'top','maxPerValue':{'a':null}} | slate.maxPerValue.a | is missing",
        "{'method':'top','minDistance':{'a':101}}  | slate.minDistance.a | between 1 and 100",
        "{'method':'top','minDistance':{'':2}}     | slate.minDistance | has an attribute that is"
            + " empty",
        "{'method':'top','sise':3}            | slate.sise   | did you mean size?"
      })
  void read_whatCannotBe_namesTheField(String slate, String field, String message) {
    assertRefused(slate, field, message);
  }

  @Test
  void read_moreAttributesThanAllowed_areCounted() {
    String nine =
        IntStream.range(0, 9).mapToObj(i -> "'a" + i + "':1").collect(Collectors.joining(","));

    assertRefused(
        "{'method':'top','maxPerValue':{" + nine + "}}", "slate.maxPerValue", "at most 8");
  }

  @Test
  void read_limitBesideSlate_isRefused() {
    assertThatThrownBy(() -> read("{'user':'u','limit':3,'slate':{'method':'top'}}"))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> assertThat(e.problem().toString()).contains("limit", "does not go with slate"));
  }

  private static void assertRefused(String slate, String field, String message) {
    assertThatThrownBy(() -> slate(slate))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> assertThat(e.problem().errors().getFirst().toString()).contains(field, message));
  }

  private static SlateRequest slate(String json) {
    SlateRequest slate = read("{'user':'u','slate':" + json + "}").slate();
    assertThat(slate).isNotNull();
    return slate;
  }

  private static RankRequest read(String json) {
    return RankRequest.read(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8), 100, 50);
  }
}
