// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.cross;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nextclick.features.encode.Buckets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CrossedValuesTest {

  @Test
  void find_noNames_takesWhatTellsTheItemsApart() {
    CrossedValues found = CrossedValues.find(items(), List.of(), 4);

    assertThat(found.names()).containsExactly("tag", "kind"); // tags are more; titles differ
    assertThat(found.values()).containsExactly("hot", "new", "a", "b");
    assertThat(found.nameOf()).containsExactly(0, 0, 1, 1);
    assertThat(CrossedItems.most(found, items())).isEqualTo(3);
  }

  @Test
  void find_givenNames_takesTheirMostFrequentValues() {
    CrossedValues found = CrossedValues.find(items(), List.of("title", "kind"), 2);

    assertThat(found.values()).containsExactly("title 0", "title 1", "a", "b");
    assertThatThrownBy(() -> CrossedValues.find(items(), List.of("size"), 2))
        .hasMessageContaining("crosses=size: no item that is learnt from has this attribute");
  }

  @Test
  void find_manyNumbers_makesRangesOfThem() {
    List<Map<String, List<String>>> items = new ArrayList<>();
    for (int i = 0; i < 160; i++) {
      String price = i == 7 ? "on request" : i + ".5";
      items.add(Map.of("price", List.of(price), "stars", List.of("" + i % 5)));
    }
    CrossedValues found = CrossedValues.find(items, List.of(), 32);

    assertThat(found.sizes()).containsExactly(8, 5);
    assertThat(found.values()).startsWith("<=20.5", "<=40.5").contains("<=Infinity", "0", "4");
    var numbers = found.numbers();
    assertThat(found.of(Map.of("price", List.of("20.5")), numbers)).containsExactly(0);
    assertThat(found.of(Map.of("price", List.of("20.51")), numbers)).containsExactly(1);
    assertThat(found.of(Map.of("price", List.of("-3", "9000")), numbers)).containsExactly(0, 7);
    assertThat(found.of(Map.of("price", List.of("on request")), numbers)).isEmpty();
    assertThat(found.of(Map.of("stars", List.of("17")), numbers)).isEmpty();
  }

  @Test
  void find_manyAttributes_staysWithinItsBounds() {
    List<Map<String, List<String>>> items = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      Map<String, List<String>> item = new java.util.TreeMap<>();
      for (int name = 0; name < 12; name++) {
        item.put("n" + name, List.of("v" + i % 64));
      }
      items.add(item);
    }
    CrossedValues found = CrossedValues.find(items, List.of(), 64);

    assertThat(found.names()).hasSize(4);
    assertThat(found.count()).isEqualTo(CrossedValues.MOST);
  }

  @Test
  void table_readAgain_hasTheValuesAndTheHour() {
    CrossedValues found = CrossedValues.find(items(), List.of(), 4);
    long[] times = new long[items().size()];
    times[2] = 1_700_000_000_000L;
    float[] table = CrossedItems.table(found, 3, items(), times);
    var read = new CrossedItems(table, 3, found.count());

    assertThat(read.values(2)).containsExactly(0, 1, 2);
    assertThat(read.since(2)).isEqualTo(472_222);
    assertThat(read.values(3)).containsExactly(3);
    assertThat(read.since(3)).isEqualTo(-1);
    assertThat(found.byBucket(1 << 12)[Buckets.of("kind", "b", 1 << 12)]).isEqualTo(3);
    assertThat(found.byBucket(0)).isEmpty();
  }

  @Test
  void age_isInDoublingsOfADay() {
    assertThat(CrossRows.age(23, 0)).isZero();
    assertThat(CrossRows.age(0, 100)).isZero();
    assertThat(CrossRows.age(24, 0)).isEqualTo(1);
    assertThat(CrossRows.age(24 * 7, 0)).isEqualTo(3);
    assertThat(CrossRows.age(24 * 8, 0)).isEqualTo(4);
    assertThat(CrossRows.age(Integer.MAX_VALUE, 0)).isEqualTo(CrossRows.AGES - 1);
  }

  /** Even ones are of kind a and have two tags; every title is another. */
  private static List<Map<String, List<String>>> items() {
    List<Map<String, List<String>>> items = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      String title = "title " + i;
      items.add(
          i % 2 == 0
              ? Map.of(
                  "title", List.of(title),
                  "kind", List.of("a"),
                  "tag", i == 2 ? List.of("hot", "new", "hot") : List.of("hot", "new"),
                  "same", List.of("x"))
              : Map.of("title", List.of(title), "kind", List.of("b"), "same", List.of("x")));
    }
    return items;
  }
}
