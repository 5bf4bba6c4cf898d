// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNoException;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RefusedRowsTest {

  @TempDir private Path folder;

  @Test
  void check_noRows_saysThatNothingWasRead() {
    assertFails(new RefusedRows(1)).withMessageContaining("in: nothing was read");
  }

  @Test
  void check_allRefused_failsWhateverTheLimit() throws IOException {
    assertFails(rows(1, 0, 7)).withMessageContaining("all 7 rows of a.csv were refused, first a.");
  }

  @Test
  void check_allOfOneFileRefused_failsThoughAnotherIsGood() throws IOException {
    RefusedRows rows = rows(0.01, 100_000, 0);
    rows.refuse("b.csv", 2, "no number", "x");
    assertFails(rows).withMessageContaining("all 1 rows of b.csv were refused, first b.csv:2: no");
  }

  @Test
  void check_atTheLimit_passes_oneMore_fails() throws IOException {
    RefusedRows rows = rows(0.01, 99, 1);
    assertThatNoException().isThrownBy(() -> rows.check("in"));
    rows.refuse("a.csv", 1000, "bad", "row");
    assertFails(rows)
        .withMessage(
            "in: 2 of 101 rows were refused (1.98 %, at most 1 % may be), first a.csv:100: bad;"
                + " mend them (--rejects=FILE collects them), or allow more with --max-refused");
  }

  @Test
  void lines_manyRefused_showThreeWithPlaceReasonAndRowAndCountTheReasons() throws IOException {
    RefusedRows rows = rows(1, 6, 3);
    rows.refuse("a.csv", 10, "worse", "long\trow\u0007");
    assertThat(rows.lines())
        .containsExactly(
            "Refused 4 of 10 rows (40 %):",
            "             3  bad",
            "             1  worse",
            "The first of them:",
            "  a.csv:7: bad | row 7",
            "  a.csv:8: bad | row 8",
            "  a.csv:9: bad | row 9");
  }

  @Test
  void lines_nothingRefused_sayNothing() throws IOException {
    assertThat(rows(1, 6, 0).lines()).isEmpty();
  }

  @Test
  void refuse_endlesslyManyReasonsAndFiles_keepsFew() throws IOException {
    var rows = new RefusedRows(1);
    for (int i = 0; i < 5_000; i++) {
      rows.refuse("file" + i, 1, "reason" + i + "x".repeat(10_000), "y".repeat(10_000));
    }
    assertThat(rows.rowsRefused()).isEqualTo(5_000);
    assertThat(rows.reasons())
        .hasSize(RefusedRows.MAX_REASONS + 1)
        .containsEntry(RefusedRows.OTHER_REASONS, 5_000L - RefusedRows.MAX_REASONS);
    assertThat(rows.lines()).allMatch(line -> line.length() < 1_000).hasSizeLessThan(20);
  }

  @Test
  void writingTo_eachRefusedRow_isALineOfJsonAlsoAfterAFailure() throws IOException {
    Path file = folder.resolve("rejects.jsonl");
    try (RefusedRows rows = RefusedRows.writingTo(file, 1)) {
      rows.refuse("a.csv", 7, "no \"time\"", "u1,\ti1");
      rows.refuse("a.csv", 9, "not UTF-8", "G\u00e9".getBytes(StandardCharsets.ISO_8859_1));
      assertFails(rows).withMessageContaining("refused rows are in " + file);
    }
    assertThat(Files.readAllLines(file))
        .containsExactly(
            """
            {"source":"a.csv","line":7,"reason":"no \\"time\\"","row":"u1,\\ti1"}\
            """,
            """
            {"source":"a.csv","line":9,"reason":"not UTF-8","row":"G\ufffd"}\
            """);
  }

  @Test
  void newRefusedRows_noShare_isRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> new RefusedRows(1.5));
    assertThatIllegalArgumentException().isThrownBy(() -> new RefusedRows(Double.NaN));
  }

  private static RefusedRows rows(double limit, int taken, int refused) throws IOException {
    var rows = new RefusedRows(limit);
    for (int i = 0; i < taken; i++) {
      rows.taken("a.csv");
    }
    for (int i = taken; i < taken + refused; i++) {
      rows.refuse("a.csv", i + 1, "bad", "row " + (i + 1));
    }
    return rows;
  }

  private static ThrowableAssertAlternative<TooManyRefusedException> assertFails(RefusedRows rows) {
    return assertThatExceptionOfType(TooManyRefusedException.class)
        .isThrownBy(() -> rows.check("in"));
  }
}
