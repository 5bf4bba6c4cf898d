// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CsvTableTest {

  @TempDir private Path folder;

  /** One bad field costs its own row: no user is passed over, and no two become one. */
  @Test
  void badField_costsItsRowOnly() throws IOException {
    List<InputRow> rows =
        rows(
            "user,candidates\n"
                + "ann,i1|\"i2\n"
                + "bob,\"i1\n"
                + "k\u00e9n,i1\n"
                + "k\u00e8n,i1\n"
                + "tom,a,b\n"
                + "zoe,i1|i2\n");
    assertThat(rows).extracting(InputRow::line).containsExactly(2L, 3L, 4L, 5L, 6L, 7L);
    assertThat(rows)
        .extracting(row -> row instanceof InputRow.User user ? user.user() : "bad")
        .containsExactly("ann", "bad", "bad", "bad", "bad", "zoe");
    assertThat(rows.subList(1, 5))
        .extracting(row -> ((InputRow.Bad) row).reason().replaceAll(";.*", ""))
        .containsExactly(
            "a quotation mark is opened and not closed on its line",
            "bytes that are not UTF-8",
            "bytes that are not UTF-8",
            "not as many fields as the header");
  }

  @Test
  void noUsableHeader_isRefused() {
    assertThatIOException()
        .isThrownBy(() -> rows("who\nann\n"))
        .withMessageContaining("its header has neither user nor item, but [who]");
    assertThatIOException().isThrownBy(() -> rows("")).withMessageContaining("empty");
  }

  private List<InputRow> rows(String latin1) throws IOException {
    Path file = folder.resolve("users.csv");
    Files.write(file, latin1.getBytes(StandardCharsets.ISO_8859_1));
    List<InputRow> rows = new ArrayList<>();
    new UserFile(file).forEach(rows::add);
    return rows;
  }
}
