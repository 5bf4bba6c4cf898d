// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.ingest.log.EventSorter.Key;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventSorterTest {

  private record Line(Key key, String text) {}

  @TempDir private Path folder;

  /** In memory, in a few files, and in so many that they are merged on the way. */
  @ParameterizedTest
  @ValueSource(longs = {1 << 30, 100_000, 2_000})
  void drain_linesInAnyOrder_areSortedAndEqualKeysStayInOrder(long memoryBytes) throws IOException {
    var random = new SplittableRandom(1);
    List<Line> lines = new ArrayList<>();
    try (var sorter = new EventSorter(folder, memoryBytes, 4)) {
      for (int i = 0; i < 5_000; i++) {
        var key =
            new Key(random.nextInt(-9, 9), random.nextInt(3), random.nextInt(3), random.nextInt(3));
        var line = new Line(key, "line " + i + "x".repeat(random.nextInt(50)));
        lines.add(line);
        sorter.add(key, line.text().getBytes(StandardCharsets.UTF_8));
      }
      List<Line> sorted = new ArrayList<>();
      sorter.drain(
          (key, line) -> sorted.add(new Line(key, new String(line, StandardCharsets.UTF_8))));
      lines.sort(Comparator.comparing(Line::key));
      assertThat(sorted).isEqualTo(lines);
    }
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void close_beforeTheEnd_leavesNoFiles() throws IOException {
    try (var sorter = new EventSorter(folder, 100, 4)) {
      for (int i = 0; i < 50; i++) {
        sorter.add(new Key(i, 0, 0, 0), new byte[100]);
      }
    }
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void drain_nothing_givesNothing() throws IOException {
    try (var sorter = new EventSorter(folder)) {
      sorter.drain((key, line) -> {
        throw new AssertionError();
      });
    }
  }
}
