// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.mapping;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nextclick.features.event.Decoded;
import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import io.nextclick.features.event.PlausibleTimes;
import io.nextclick.features.event.RejectedEvent;
import io.nextclick.features.event.RejectedEvent.Reason;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventMapperTest {

  private static final String PLAIN =
      "'action':'/what','user':'/who','item':'/thing','time':'/at','timeUnit':'seconds'";

  @Test
  void decode_shapeOfAnalyticsExport_givesItemsOfAList() {
    EventMapper mapper =
        mapper(
            "'id':'/event_id','action':'/event_name','actions':{'select_item':'click',"
                + "'view_item_list':'impression'},'user':['/user_id','/user_pseudo_id'],"
                + "'item':'/items/*/item_id','time':'/event_timestamp','timeUnit':'micros',"
                + "'context':{'surface':'/device/category','source':'web'}");

    assertThat(
            decode(
                mapper,
                "{'event_id':77,'event_name':'view_item_list','user_id':null,'user_pseudo_id':'p.1',"
                    + "'items':[{'item_id':'a'},{'item_id':7}],'event_timestamp':1795341600123456,"
                    + "'device':{'category':'mobile'},'more':{'x':[1,2]}}"))
        .isEqualTo(
            new Event(
                "77",
                "impression",
                "p.1",
                List.of("a", "7"),
                1_795_341_600_123L,
                null,
                Map.of("surface", "mobile", "source", "web"),
                Map.of(),
                true));
  }

  @Test
  void decode_cloudEvent_readsInsideAndOutsideTheEnvelope() {
    EventMapper mapper =
        mapper(
            "'envelope':'/data','id':'$/id','action':'$/type','actions':{'shop.clicked':'click'},"
                + "'user':'/customer','item':'/sku','time':'$/time','request':'/list'");

    assertThat(
            decode(
                mapper,
                "{'specversion':'1.0','id':'A-1','type':'shop.clicked','source':'/web',"
                    + "'time':'2026-11-22T11:00:00.123+01:00',"
                    + "'data':{'customer':'ann','sku':'i7','list':'r9'}}"))
        .isEqualTo(
            new Event(
                "A-1",
                "click",
                "ann",
                List.of("i7"),
                1_795_341_600_123L,
                "r9",
                Map.of(),
                Map.of(),
                true));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'payload':{'op':'c','after':{'user_id':42,'sku':7,'created':1795341600123}}}",
        "{'payload':{'op':'c','after':'{\\'user_id\\':42,\\'sku\\':7,\\'created\\':1795341600123}'}}"
      })
  void decode_changeOfADatabase_takesNumbersAsIds(String record) {
    EventMapper mapper =
        mapper(
            "'envelope':'/payload/after','action':'purchase','user':'/user_id','item':'/sku',"
                + "'time':'/created','timeUnit':'millis'");
    String json = record.replace("\\'", "\\\"").replace('\'', '"');

    assertThat(mapper.decode(json.getBytes(UTF_8), "orders-3-17"))
        .isEqualTo(Event.behaviour("orders-3-17", "purchase", "42", "7", 1_795_341_600_123L));
    assertThat(rejection(mapper, "{'payload':{'op':'d','after':null}}"))
        .isEqualTo(new RejectedEvent(Reason.MISSING_FIELD, "envelope: nothing at /payload/after"));
  }

  @Test
  void decode_eventsOfUsersAndItems_takeAttributes() {
    EventMapper mapper =
        mapper(
            "'id':'hash','action':'/kind','user':'/u','item':'/i','time':'/t','timeUnit':'seconds',"
                + "'attributes':{'country':'/geo','tags':'/tags/*','shop':'de'}");

    assertThat(
            ((Event) decode(mapper, "{'kind':'user','u':1,'t':1795341600,'geo':'at'}"))
                .attributes())
        .isEqualTo(Map.of("country", List.of("at"), "shop", List.of("de")));
    assertThat(
            ((Event) decode(mapper, "{'kind':'item','i':1,'t':1795341600,'tags':['x',2.50]}"))
                .attributes())
        .isEqualTo(Map.of("tags", List.of("x", "2.50"), "shop", List.of("de")));
    assertThat(((Event) decode(mapper, "{'kind':'erase','u':1,'t':1795341600}")).user())
        .isEqualTo("1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          seconds | 1795341600                      | 1795341600000
          seconds | 1795341600.123                  | 1795341600123
          seconds | '1795341600.123'                | 1795341600123
          millis  | 1795341600123                   | 1795341600123
          millis  | "1795341600123"                 | 1795341600123
          micros  | 1795341600123999                | 1795341600123
          iso     | "2026-11-22T10:00:00.123Z"      | 1795341600123
          iso     | "2026-11-22T11:00:00.123+0100"  | 1795341600123
          iso     | "2026-11-22 10:00:00.123456 UTC"| 1795341600123
          iso     | "2026-11-22T10:00:00Z"          | 1795341600000
          """)
  void decode_times_areReadInTheirUnit(String unit, String value, long millis) {
    EventMapper mapper =
        mapper("'action':'click','user':'/u','item':'/i','time':'/t','timeUnit':'" + unit + "'");
    String json = "{'u':1,'i':2,'t':%s}".replace('\'', '"').formatted(value.replace('\'', '"'));

    assertThat(mapper.decode(json.getBytes(UTF_8), "p"))
        .isEqualTo(Event.behaviour("p", "click", "1", "2", millis));
  }

  @Test
  void decode_localTime_needsAZone() {
    String parts = "'action':'click','user':'/u','item':'/i','time':'/t'";
    String record = "{'u':1,'i':2,'t':'2026-11-22 11:00:00'}";

    assertThat(rejection(mapper(parts), record).detail()).contains("timeZone says which is meant");
    assertThat(decode(mapper(parts + ",'timeZone':'Europe/Berlin'"), record))
        .isEqualTo(Event.behaviour("place", "click", "1", "2", 1_795_341_600_000L));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          x                                                | not-json       | the record is not JSON
          []                                               | not-json       | not a JSON object
          {'what':'click','who':'u','thing':'i'}           | missing-field  | time: nothing at /at
          {'what':'click','whom':'u','thing':'i','at':1e9} | missing-field  | did you mean whom?
          {'what':'click','who':'','thing':'i','at':1e9}   | missing-field  | user: nothing at /who
          {'what':'click','who':1.5,'thing':'i','at':1e9}  | bad-id         | user is neither text nor a whole number
          {'what':'click','who':true,'thing':'i','at':1e9} | bad-id         | user is neither text nor a whole number
          {'what':'click','who':' u','thing':'i','at':1e9} | bad-id         | user begins or ends with a space
          {'what':'click','who':'u','thing':[],'at':1e9}   | missing-field  | item: nothing at /thing
          {'what':'click','who':'u','thing':'i','at':1795341600123} | bad-time | read as seconds and lies outside 1990-01-01T00:00:00Z to 2100-01-01T00:00:00Z
          {'what':'click','who':'u','thing':'i','at':'x'}  | bad-time       | is no number of seconds
          {'what':'click','who':'u','thing':'i','at':true} | bad-time       | is no number of seconds
          {'what':'Clicked!','who':'u','thing':'i','at':1e9}| bad-value     | action is not a name
          """)
  void decode_whatDoesNotFit_isRefusedWithThePlace(String record, String reason, String detail) {
    RejectedEvent rejected = rejection(mapper(PLAIN), record);

    assertThat(rejected.reason().label()).isEqualTo(reason);
    assertThat(rejected.detail()).contains(detail).hasSizeLessThanOrEqualTo(200);
  }

  @Test
  void decode_unknownAction_isNamed() {
    EventMapper mapper = mapper(PLAIN + ",'actions':{'view_item':'impression'}");

    assertThat(rejection(mapper, "{'what':'view_itm','who':'u','thing':'i','at':1e9}"))
        .isEqualTo(
            new RejectedEvent(
                Reason.UNKNOWN_ACTION, "actions has no view_itm; did you mean view_item?"));
  }

  @Test
  void decode_id_isFoundOrMade() {
    String record = "{'what':'click','who':'u','thing':'i','at':1795341600}";
    EventMapper hashed = mapper(PLAIN + ",'id':['/n','hash']");

    assertThat(((Event) decode(mapper(PLAIN), record)).id()).isEqualTo("place");
    String hash = ((Event) decode(hashed, record)).id();
    assertThat(hash).matches("[0-9a-f]{32}").isEqualTo(((Event) decode(hashed, record)).id());
    assertThat(((Event) decode(hashed, record.replace("}", ",'n':12}"))).id()).isEqualTo("12");
    assertThat(rejection(mapper(PLAIN + ",'id':'/n'"), record).detail())
        .isEqualTo("id: nothing at /n");
    byte[] bytes = record.replace('\'', '"').getBytes(UTF_8);
    assertThat(((Event) mapper(PLAIN).decode(bytes, null)).id()).isEqualTo(hash);
    assertThat(((Event) mapper(PLAIN).decode(bytes, "t".repeat(200))).id()).isEqualTo(hash);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {}                                                           | action is missing
          {'action':'click','item':'/i','time':'/t'}                   | user is missing: say where it stands
          {'action':'click','user':'who','item':'/i','time':'/t'}      | user: 'who' is no JSON pointer: write such as /who
          {'action':'click','user':'a.b','item':'/i','time':'/t'}      | write such as /a/b
          {'action':'click','user':'/u','time':'/t','id':'none'}       | id: 'none' is no JSON pointer
          {'action':'click','user':'/u','time':'/t','envelope':'data'} | envelope: 'data' is no JSON pointer
          {'action':'click','user':'/u','time':'/t','timeZone':'Mars'} | timeZone Mars is none
          {'action':'click','user':'/u','time':'/t','usr':'/u'}        | usr
          """)
  void mapping_thatIsNone_isRefusedWithTheField(String json, String message) {
    assertThatThrownBy(() -> EventMapping.parse(json.replace('\'', '"')))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void mapping_asText_isReadBackEqual() {
    EventMapping mapping = mapping(PLAIN + ",'context':{'b':'/b','a':'/a'},'key':'any'");

    assertThat(EventMapping.parse(mapping.toJson())).isEqualTo(mapping);
    assertThat(EventMapping.parse(mapping.toJson()).toJson()).isEqualTo(mapping.toJson());
  }

  @Test
  void decode_anything_returnsAndSaysTheSame() {
    long seed = 20261130;
    Random random = new Random(seed);
    EventMapper mapper = mapper(PLAIN + ",'context':{'c':'/c'}");
    byte[] record =
        "{'what':'click','who':'u','thing':['i',2],'at':1795341600.5,'c':1e-3}"
            .replace('\'', '"')
            .getBytes(UTF_8);
    int events = 0;
    for (int i = 0; i < 20_000; i++) {
      byte[] mutant = record.clone();
      for (int edits = random.nextInt(3); edits >= 0; edits--) {
        mutant[random.nextInt(mutant.length)] = (byte) random.nextInt(128);
      }
      Decoded first = mapper.decode(mutant, "p");
      assertThat(mapper.decode(mutant, "p")).as("seed=%d, i=%d", seed, i).isEqualTo(first);
      if (first instanceof Event event) {
        events++;
        assertThat(EventJson.decode(EventJson.encode(event))).isEqualTo(event);
      }
    }
    assertThat(events).as("seed=%d", seed).isBetween(100, 19_900);
    assertThat(mapper.decode(null, "p")).isInstanceOf(RejectedEvent.class);
    assertThat(decode(mapper, "{'at':1e999999999,'what':'a','who':'u','thing':'i'}"))
        .isInstanceOf(RejectedEvent.class);
  }

  private static EventMapping mapping(String parts) {
    return EventMapping.parse("{" + parts.replace('\'', '"') + "}");
  }

  private static EventMapper mapper(String parts) {
    return new EventMapper(mapping(parts), PlausibleTimes.DEFAULT);
  }

  private static Decoded decode(EventMapper mapper, String record) {
    return mapper.decode(record.replace('\'', '"').getBytes(UTF_8), "place");
  }

  private static RejectedEvent rejection(EventMapper mapper, String record) {
    return (RejectedEvent) decode(mapper, record);
  }
}
