// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.bytes;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class IdTableTest {

  @Test
  void get_anyBytes_isWhatTheyAreInUtf8() {
    var table = new IdTable(16); // so that nearly every id meets another one in its place
    var random = new SplittableRandom(5);
    for (int i = 0; i < 20_000; i++) {
      int length = random.nextInt(40);
      String alphabet = i % 3 == 0 ? "aé漢-" : "ab0";
      var text = new StringBuilder();
      for (int c = 0; c < length; c++) {
        text.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      String after = i % 2 == 0 ? "" : "yy and more";
      byte[] bytes = ("xx" + text + after).getBytes(StandardCharsets.UTF_8);
      assertThat(table.get(bytes, 2, bytes.length - 2 - after.length())).isEqualTo(text.toString());
    }
  }

  @Test
  void get_sameIdTwice_isMadeOnce() {
    var table = new IdTable(1_024);
    byte[] bytes = "item-17,item-17".getBytes(StandardCharsets.UTF_8);
    assertThat(table.get(bytes, 8, 7)).isSameAs(table.get(bytes, 0, 7));
  }
}
