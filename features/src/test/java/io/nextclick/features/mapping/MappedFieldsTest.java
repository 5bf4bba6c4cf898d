// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.mapping;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nextclick.features.event.CandidateFields;
import io.nextclick.features.event.Decoded;
import io.nextclick.features.event.Event;
import io.nextclick.features.event.PlausibleTimes;
import io.nextclick.features.event.RejectedEvent;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pages of a shop's own topic, with numbers in each item, or in arrays beside the items. */
class MappedFieldsTest {

  private static final String PLAIN =
      "'action':'/what','user':'/who','item':['/hits/*/sku','/skus','/sku'],'time':'/at',"
          + "'timeUnit':'seconds','id':'/n'";
  private static final String NUMBERS = ",'fields':{'price':'/prices','retrieval':'/hits/*/score'}";

  /** A number belongs to the item that it stands beside, whatever another lacks. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          'hits':[{'sku':'a','score':0.83},{'sku':'b','score':0.5}]                 | {retrieval=[0.83, 0.5]}
          'hits':[{'sku':'a'},{'sku':'b','score':0.5}]                              | {retrieval=[null, 0.5]}
          'hits':[{'score':9},{'sku':'a','score':0.83},{'sku':'b','score':'-1e-3'}] | {retrieval=[0.83, -0.001]}
          'hits':[{'sku':'a'},{'sku':'b'}]                                          | {}
          'skus':['a','b'],'prices':[12.5,null]                                     | {price=[12.5, null]}
          'hits':[{'sku':'a','score':null},{'sku':'b','score':''}],'prices':[1,2]   | {price=[1.0, 2.0]}
          'sku':'a','prices':3                                                      | {price=[3.0]}
          'sku':'a','prices':'3.10'                                                 | {price=[3.1]}
          'sku':'a','prices':[]                                                     | {}
          """)
  void decode_numbers_standBesideTheirItems(String record, String fields) {
    Event event = (Event) decode(record);
    assertThat(event.fields()).hasToString(fields);
    event.fields().lists().values().forEach(list -> assertThat(list).hasSameSizeAs(event.items()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          'hits':[{'sku':'a','score':true}]   | fields.retrieval is neither a number nor null
          'hits':[{'sku':'a','score':'high'}] | fields.retrieval is no number such as 0.83
          'hits':[{'sku':'a','score':'1e40'}] | fields.retrieval is not a number between -3.4e38 and 3.4e38
          'hits':[{'sku':'a','score':1e40}]   | fields.retrieval is not a number between -3.4e38 and 3.4e38
          'hits':[{'sku':'a','score':[1,2]}]  | fields.retrieval has 2 numbers for 1 items
          'skus':['a','b'],'prices':[1]       | fields.price has 1 numbers for 2 items
          'skus':['a','b'],'prices':1         | fields.price has 1 numbers for 2 items
          'sku':'a','prices':{'eur':1}        | fields.price is neither a number nor null
          """)
  void decode_whatIsNoNumber_isRefusedByName(String record, String detail) {
    RejectedEvent rejected = (RejectedEvent) decode(record);
    assertThat(rejected.reason().label()).isEqualTo("bad-value");
    assertThat(rejected.detail()).contains(detail);
  }

  /** An item's description has attributes, and no numbers of a page. */
  @Test
  void decode_itemOfTheCatalogue_hasNone() {
    Event item = (Event) decode("'sku':'a','prices':3".concat(",'what':'item'"));
    assertThat(item.fields()).isEqualTo(CandidateFields.NONE);
  }

  @Test
  void mapping_ofNumbers_isRefusedWithTheField() {
    assertThatThrownBy(() -> mapping(PLAIN + ",'fields':{'price':'12.5'}"))
        .hasMessageContaining("fields.price: '12.5' is no JSON pointer");
    assertThatThrownBy(() -> mapping(PLAIN + ",'fields':{' price':'/p'}"))
        .hasMessageContaining("fields has a name that begins or ends with a space");
    String many =
        IntStream.range(0, 17).mapToObj(i -> "'n" + i + "':'/p'").collect(Collectors.joining(","));
    assertThatThrownBy(() -> mapping(PLAIN + ",'fields':{" + many + "}"))
        .hasMessageContaining("fields has 17 names, at most 16");
  }

  /** Stores keep their mapping as text, and must know it again. */
  @Test
  void mapping_withoutNumbers_isTheTextOfBefore() {
    assertThat(mapping(PLAIN).toJson()).doesNotContain("fields");
    EventMapping numbers = mapping(PLAIN + NUMBERS);
    assertThat(EventMapping.parse(numbers.toJson())).isEqualTo(numbers);
    assertThat(numbers.fields())
        .isEqualTo(Map.of("price", "/prices", "retrieval", "/hits/*/score"));
  }

  private static EventMapping mapping(String parts) {
    return EventMapping.parse("{" + parts.replace('\'', '"') + "}");
  }

  private static Decoded decode(String record) {
    String whole =
        "{'n':1,'who':'u','at':1795341600,"
            + (record.contains("'what'") ? "" : "'what':'impression',")
            + record
            + "}";
    return new EventMapper(mapping(PLAIN + NUMBERS), PlausibleTimes.DEFAULT)
        .decode(whole.replace('\'', '"').getBytes(UTF_8), "place");
  }
}
