// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.event;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.features.event.RejectedEvent.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class EventJsonTest {

  private static final String CLICK =
      "{'id':'e1','action':'click','user':'u42','item':'i7','time':'2026-11-22T10:00:00.123Z',"
          + "'request':'r9','context':{'surface':'home','slot':3,'dark':true}}";
  private static final List<String> GOOD =
      List.of(
          CLICK,
          "{'id':'e2','action':'impression','user':'u42','items':['i7','i9'],'time':1795341600123,"
              + "'request':'r9'}",
          "{'id':'e3','action':'item','item':'i7','time':'2026-11-22T11:00+01:00',"
              + "'attributes':{'title':'Trail shoe','category':['shoes','outdoor'],'price':9.5},"
              + "'available':false}",
          "{'id':'e4','action':'user','user':'u42','time':0,'attributes':{'country':'de'}}",
          "{'id':'e5','action':'erase','user':'ü 4','time':253402300799999}",
          "{'id':'e6','action':'impression','user':'u42','items':['i7','i9'],'time':1795341600123,"
              + "'request':'r9','fields':{'retrieval':[0.83,null],'price':[12.5,1e3]}}",
          "{'id':'e7','action':'click','user':'u42','item':'i7','time':1795341600123,"
              + "'fields':{'price':12.5}}");

  @Test
  void decode_behaviour_givesEveryField() {
    assertThat(decode(CLICK))
        .isEqualTo(
            new Event(
                "e1",
                "click",
                "u42",
                List.of("i7"),
                1795341600123L,
                "r9",
                Map.of("surface", "home", "slot", "3", "dark", "true"),
                Map.of(),
                true));
  }

  @Test
  void decode_itemOfMoreThan64KiB_isRefused_sinceAllItemsAreInMemory() {
    assertThat(decode(itemOf(63))).isInstanceOf(Event.class);
    assertThat(decode(itemOf(64)))
        .isEqualTo(
            new RejectedEvent(
                Reason.TOO_LARGE, "the attributes of an item have 65540 bytes, at most 65536"));
    assertThat(decode(itemOf(64).replace("'item','item'", "'user','user'")))
        .isInstanceOf(Event.class);
  }

  /** An item with so many values of a kilobyte, in four attributes. */
  private static String itemOf(int values) {
    StringBuilder attributes = new StringBuilder();
    for (int name = 0; name < 4; name++) {
      int count = values / 4 + (name < values % 4 ? 1 : 0);
      String text = "'" + "x".repeat(1024) + "',";
      attributes.append(name == 0 ? "" : ",").append("'").append((char) ('a' + name)).append("':[");
      attributes.append(text.repeat(count), 0, count * text.length() - 1).append("]");
    }
    return "{'id':'e','action':'item','item':'i7','time':0,'attributes':{" + attributes + "}}";
  }

  @Test
  void decode_item_givesAttributesAndAvailability() {
    assertThat(decode(GOOD.get(2)))
        .isEqualTo(
            new Event(
                "e3",
                "item",
                null,
                List.of("i7"),
                1795341600000L,
                null,
                Map.of(),
                Map.of(
                    "title", List.of("Trail shoe"),
                    "category", List.of("shoes", "outdoor"),
                    "price", List.of("9.5")),
                false));
  }

  @Test
  void encode_everyKind_roundTrips() {
    for (String json : GOOD) {
      Event event = (Event) decode(json);
      assertThat(EventJson.decode(EventJson.encode(event))).as(json).isEqualTo(event);
    }
  }

  private static String fields(String fields) {
    return CLICK.replace("'context'", "'fields':" + fields + ",'context'");
  }

  static Stream<Arguments> poison() {
    return Stream.of(
        bad("", Reason.EMPTY),
        bad("{}", Reason.MISSING_FIELD),
        bad("null", Reason.NOT_JSON),
        bad("[]", Reason.NOT_JSON),
        bad("\u0000", Reason.NOT_JSON),
        bad(" \r\n", Reason.EMPTY),
        bad(CLICK + CLICK, Reason.NOT_JSON),
        bad(CLICK + " x", Reason.NOT_JSON),
        bad(CLICK.substring(0, 40), Reason.NOT_JSON),
        bad(CLICK + "\u0000", Reason.NOT_JSON),
        bad("{/**/" + CLICK.substring(1), Reason.NOT_JSON),
        bad("{'id':'a'," + CLICK.substring(1), Reason.NOT_JSON),
        bad("{'x':1," + CLICK.substring(1), Reason.UNKNOWN_FIELD),
        bad("{'attributes':{'a':1}," + CLICK.substring(1), Reason.UNKNOWN_FIELD),
        bad("{'available':true," + CLICK.substring(1), Reason.UNKNOWN_FIELD),
        bad("{'items':['b']," + CLICK.substring(1), Reason.BAD_VALUE),
        bad("{'x':" + "[".repeat(100_000), Reason.UNKNOWN_FIELD),
        bad(CLICK.replace("'context'", "'fields':[1],'context'"), Reason.BAD_VALUE),
        bad(fields("{'a':[1,2]}"), Reason.BAD_VALUE),
        bad(fields("{'a':[]}"), Reason.BAD_VALUE),
        bad(fields("{'a':'1'}"), Reason.BAD_VALUE),
        bad(fields("{'a':1e39}"), Reason.BAD_VALUE),
        bad(fields("{'':1}"), Reason.BAD_VALUE),
        bad(fields("{'a':[" + "1,".repeat(500) + "1]}"), Reason.BAD_VALUE),
        bad(
            GOOD.get(2).replace("'attributes'", "'fields':{'a':1},'attributes'"),
            Reason.UNKNOWN_FIELD),
        bad(context("[1]"), Reason.BAD_VALUE),
        bad(context("null"), Reason.BAD_VALUE),
        bad(context("NaN"), Reason.NOT_JSON),
        bad(context("1e999"), Reason.BAD_VALUE),
        bad(context("9".repeat(65)), Reason.TOO_LARGE),
        bad(context("9".repeat(1_000_000)), Reason.TOO_LARGE),
        bad(context("'" + "x".repeat(129) + "'"), Reason.BAD_VALUE),
        bad(context("'" + "x".repeat(70_000) + "'"), Reason.TOO_LARGE),
        bad(context("'\\ud800'"), Reason.BAD_VALUE),
        bad(context("'\\u0000'"), Reason.BAD_VALUE),
        bad("x".repeat(EventJson.MAX_BYTES + 1), Reason.TOO_LARGE),
        bad(CLICK.replace("'e1'", "1"), Reason.BAD_ID),
        bad(CLICK.replace("e1", ""), Reason.BAD_ID),
        bad(CLICK.replace("e1", " e"), Reason.BAD_ID),
        bad(CLICK.replace("e1", "e\\r\\n"), Reason.BAD_ID),
        bad(CLICK.replace("e1", "e\\u202e1"), Reason.BAD_ID),
        bad(CLICK.replace("e1", "\\udc00"), Reason.BAD_ID),
        bad(CLICK.replace("e1", "\u00a0x"), Reason.BAD_ID),
        bad(CLICK.replace("e1", "\\ue000"), Reason.BAD_ID),
        bad(CLICK.replace("u42", "u".repeat(129)), Reason.BAD_ID),
        bad(CLICK.replace("u42", "ü".repeat(65)), Reason.BAD_ID),
        bad(CLICK.replace("'i7'", "null"), Reason.MISSING_FIELD),
        bad(CLICK.replace("click", "Click"), Reason.BAD_VALUE),
        bad(CLICK.replace("click", "c".repeat(33)), Reason.BAD_VALUE),
        bad(CLICK.replace("'item':'i7'", "'items':[]"), Reason.MISSING_FIELD),
        bad(CLICK.replace("'item':'i7',", ""), Reason.MISSING_FIELD),
        bad(CLICK.replace("'user':'u42',", ""), Reason.MISSING_FIELD),
        bad(CLICK.replace("'item':'i7'", "'items':" + many(501)), Reason.BAD_VALUE),
        bad(time("'yesterday'"), Reason.BAD_TIME),
        bad(time("'2026-11-22T10:00:00'"), Reason.BAD_TIME),
        bad(time("'+999999999-01-01T00:00Z'"), Reason.BAD_TIME),
        bad(time("-1"), Reason.BAD_TIME),
        bad(time("631152000"), Reason.BAD_TIME),
        bad(time("1795341600"), Reason.BAD_TIME),
        bad(time("4102444800"), Reason.BAD_TIME),
        bad(time("1.5"), Reason.BAD_TIME),
        bad(time("1e3"), Reason.BAD_TIME),
        bad(time("true"), Reason.BAD_TIME),
        bad(time("253402300800000"), Reason.BAD_TIME),
        bad(time("9223372036854775807"), Reason.BAD_TIME),
        bad(time("99999999999999999999999"), Reason.BAD_TIME),
        bad(GOOD.get(2).replace("false", "'no'"), Reason.BAD_VALUE),
        bad(GOOD.get(2).replace("['shoes','outdoor']", "[]"), Reason.BAD_VALUE),
        bad(GOOD.get(2).replace("['shoes','outdoor']", "[['a']]"), Reason.BAD_VALUE),
        bad(GOOD.get(2).replace("['shoes','outdoor']", many(33)), Reason.BAD_VALUE),
        bad(GOOD.get(2).replace("'item':'i7'", "'items':['a','b']"), Reason.UNKNOWN_FIELD),
        bad(GOOD.get(3).replace(",'attributes':{'country':'de'}", ""), Reason.MISSING_FIELD),
        bad(GOOD.get(4).replace("}", ",'item':'i'}"), Reason.UNKNOWN_FIELD));
  }

  @ParameterizedTest
  @MethodSource("poison")
  void decode_poison_isRefusedWithItsReason(String json, Reason reason) {
    assertThat(decode(json))
        .isInstanceOfSatisfying(
            RejectedEvent.class,
            rejected -> {
              assertThat(rejected.detail()).isNotBlank().hasSizeLessThanOrEqualTo(200);
              assertThat(rejected.reason()).as(rejected.detail()).isEqualTo(reason);
            });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          click | 631151999999               | the time is before 1990-01-01T00:00:00Z
          click | 631152000000               |
          click | '1989-12-31T23:59:59Z'     | the time is before 1990-01-01T00:00:00Z
          click | 4102444800000              |
          click | 4102444800001              | the time is after 2100-01-01T00:00:00Z
          click | 0                          | the time is before 1990-01-01T00:00:00Z
          click | 1795341600                 | time is in seconds; give epoch milliseconds
          click | 1795341600123456           | time is in microseconds; give epoch milliseconds
          click | 1795341600123456789        | time is in nanoseconds; give epoch milliseconds
          click | '1970-01-21T18:42:21.6Z'   | the time is before 1990-01-01T00:00:00Z
          item  | 0                          |
          item  | 1795341600                 | time is in seconds; give epoch milliseconds
          item  | '1955-11-05T00:00:00Z'     | time is not between 1970 and 9999
          erase | 253402300799999            |
          erase | 1795341600                 | time is in seconds; give epoch milliseconds
          """)
  void decode_time_isPlausibleForItsKind(String action, String time, String refusal) {
    Decoded decoded = decode(at(action, time));
    if (refusal == null) {
      assertThat(decoded).isInstanceOf(Event.class);
    } else {
      assertThat(decoded)
          .isInstanceOfSatisfying(
              RejectedEvent.class,
              refused -> {
                assertThat(refused.reason()).isEqualTo(Reason.BAD_TIME);
                assertThat(refused.detail()).startsWith(refusal);
              });
    }
  }

  @Test
  void decode_otherRange_isTheRule() {
    byte[] early = at("click", "600000000000").replace('\'', '"').getBytes(UTF_8);
    var times =
        new PlausibleTimes(PlausibleTimes.bound("1985-01-01"), PlausibleTimes.bound("2000-01-01"));
    assertThat(EventJson.decode(early)).isInstanceOf(RejectedEvent.class);
    assertThat(EventJson.decode(early, times)).isInstanceOf(Event.class);
    assertThat(EventJson.decode(CLICK.replace('\'', '"').getBytes(UTF_8), times))
        .isInstanceOf(RejectedEvent.class);
    byte[] seconds = at("click", "1795341600").replace('\'', '"').getBytes(UTF_8);
    assertThat(EventJson.decode(seconds, PlausibleTimes.EVER)).isInstanceOf(Event.class);
  }

  private static String at(String action, String time) {
    String whose = action.equals("item") ? "'item':'i'" : "'user':'u'";
    String what = action.equals("click") ? ",'item':'i'" : "";
    String when = time.startsWith("1") && time.contains("T") ? "'" + time + "'" : time;
    return "{'id':'e','action':'%s',%s%s,'time':%s}".formatted(action, whose, what, when);
  }

  @Test
  void decode_bytesThatAreNotUtf8_areRefused() {
    for (byte[] bytes :
        List.of(
            "\u00ff".getBytes(ISO_8859_1),
            "{\"id\":\"\u00c0\u0080\"}".getBytes(ISO_8859_1),
            "\"\u00ed\u00a0\u0080\"".getBytes(ISO_8859_1),
            "{\"id\":\"\u00f0".getBytes(ISO_8859_1))) {
      assertThat(EventJson.decode(bytes))
          .isInstanceOfSatisfying(
              RejectedEvent.class, r -> assertThat(r.reason()).isEqualTo(Reason.NOT_UTF8));
    }
    assertThat(EventJson.decode(CLICK.replace('\'', '"').getBytes(UTF_16LE)))
        .isInstanceOf(RejectedEvent.class);
  }

  @Test
  void decode_byteOrderMarkAndBlanks_countForNothing() {
    assertThat(decode("\uFEFF" + CLICK)).isEqualTo(decode(CLICK));
    assertThat(decode(" " + CLICK + "\t\r\n")).isEqualTo(decode(CLICK));
  }

  @Test
  void decode_whatIsEmptyOrNull_isAbsent() {
    String empty = "'items':[],'attributes':{},'available':null,'request':null,'id':'e1'";
    Event click = (Event) decode(CLICK.replace("'id':'e1'", empty).replace(",'request':'r9'", ""));

    assertThat(click.items()).containsExactly("i7");
    assertThat(click.request()).isNull();
    assertThat(decode(GOOD.get(4).replace("}", ",'items':[],'context':{},'attributes':{}}")))
        .isEqualTo(decode(GOOD.get(4)));
  }

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          itm,               item
          userId,            user
          user_id,           user
          timestamp,         time
          acton,             action
          contxt,            context
          Attributes,        attributes
          wholly_else,       ''
          """)
  void decode_unknownField_isNamedWithTheNearest(String field, String nearest) {
    String suggestion = nearest.isEmpty() ? "" : "; did you mean " + nearest + "?";
    String detail = ((RejectedEvent) decode("{'" + field + "':1," + CLICK.substring(1))).detail();

    assertThat(detail).startsWith("no event has a field " + field + " at character ");
    assertThat(detail.replaceAll(" at character \\d+", ""))
        .isEqualTo("no event has a field " + field + suggestion);
  }

  @Test
  void decode_unknownFieldThatMayBeAnything_isNotRepeated() {
    for (String field : List.of("x".repeat(41), "a b", "ann@example.org ", "<script>")) {
      assertThat(((RejectedEvent) decode("{'" + field + "':1}")).detail())
          .startsWith("no event has a field ? at character");
    }
  }

  @Test
  void decode_null_isEmpty() {
    assertThat(EventJson.decode(null)).isInstanceOf(RejectedEvent.class);
  }

  @Test
  void decode_limitsExactlyMet_areAccepted() {
    for (String json :
        List.of(
            CLICK.replace("u42", "u".repeat(128)),
            CLICK.replace("'item':'i7'", "'items':" + many(500)),
            CLICK.replace("click", "c".repeat(32)),
            CLICK.replace("u42", "a/../b %2e ${jndi:x}"),
            context("'" + "x".repeat(128) + "'"))) {
      assertThat(decode(json)).as(json).isInstanceOf(Event.class);
    }
  }

  @Test
  void decode_mutatedRecords_neverThrowsAndAlwaysSaysTheSame() {
    long seed = 20261122;
    Random random = new Random(seed);
    int accepted = 0;
    for (int i = 0; i < 100_000; i++) {
      byte[] bytes = mutate(GOOD.get(random.nextInt(GOOD.size())), random);
      Decoded first = EventJson.decode(bytes);
      assertThat(EventJson.decode(bytes)).as("seed=%d, i=%d", seed, i).isEqualTo(first);
      if (first instanceof Event event) {
        accepted++;
        assertThat(EventJson.decode(EventJson.encode(event)))
            .as("seed=%d, i=%d", seed, i)
            .isEqualTo(event);
      } else {
        assertThat(((RejectedEvent) first).detail()).hasSizeLessThanOrEqualTo(200);
      }
    }
    assertThat(accepted)
        .as("mutants that are still events, seed=%d", seed)
        .isBetween(5_000, 95_000);
  }

  private static byte[] mutate(String json, Random random) {
    List<Byte> bytes = new ArrayList<>();
    for (byte b : json.replace('\'', '"').getBytes(UTF_8)) {
      bytes.add(b);
    }
    for (int edits = 1 + random.nextInt(3); edits > 0; edits--) {
      int at = random.nextInt(bytes.size());
      switch (random.nextInt(4)) {
        case 0 -> bytes.set(at, (byte) random.nextInt(256));
        case 1 -> bytes.add(at, (byte) "{}[]:,\"\\0eE-u\u0000".charAt(random.nextInt(14)));
        case 2 -> bytes.remove(at);
        default -> bytes.set(at, bytes.get(random.nextInt(bytes.size())));
      }
    }
    byte[] mutant = new byte[bytes.size()];
    for (int i = 0; i < mutant.length; i++) {
      mutant[i] = bytes.get(i);
    }
    return mutant;
  }

  private static Decoded decode(String json) {
    return EventJson.decode(json.replace('\'', '"').getBytes(UTF_8));
  }

  private static Arguments bad(String json, Reason reason) {
    return Arguments.of(json, reason);
  }

  private static String context(String value) {
    return CLICK.replace("'home'", value);
  }

  private static String time(String value) {
    return CLICK.replace("'2026-11-22T10:00:00.123Z'", value);
  }

  private static String many(int count) {
    return "[" + "'i',".repeat(count - 1) + "'i']";
  }
}
