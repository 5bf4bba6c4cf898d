// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.resources;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventLinesTest {

  @Test
  void lines_blankOnesBetween_keepTheirNumbers() {
    assertThat(lines("a\n\n \t\r\nb\r\n\nc")).containsExactly("1:a", "4:b\r", "6:c");
    assertThat(lines("\n\na\n")).containsExactly("3:a");
  }

  @Test
  void lines_noneButBlankOnes_areOneLine() {
    assertThat(lines("")).containsExactly("1:");
    assertThat(lines("\n\n")).containsExactly("1:\n\n");
  }

  private static List<String> lines(String body) {
    List<String> lines = new ArrayList<>();
    new EventLines(body.getBytes(StandardCharsets.UTF_8))
        .forEachRemaining(line ->
            lines.add(line.number() + ":" + new String(line.value(), StandardCharsets.UTF_8)));
    return lines;
  }
}
