// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.serving.cli.option.DiskNeed;
import io.nextclick.serving.cli.option.Preflight;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands that write much look for room before their work. */
class DiskSpaceTest {

  @TempDir Path folder;

  @BeforeEach
  void makeShop() throws IOException {
    run("shop", path("shop.jsonl"), "--users=20", "--items=60", "--truth", path("truth.jsonl"));
    List<String> rows = new ArrayList<>(List.of("user,item,time"));
    for (int i = 0; i < 500; i++) {
      rows.add("user%d,item%d,%d".formatted(i % 20, i % 60, 1_700_000_000 + i));
    }
    Files.write(folder.resolve("clicks.csv"), rows);
  }

  @AfterEach
  void useTheRealDisk() {
    Preflight.use(Preflight.REAL);
  }

  @Test
  void fullDisk_isToldBeforeTheWork() {
    run("replay", path("shop.jsonl"), "--to=store", "--store", path("store"));
    run("models", "new", path("models"), "--name=tiny", "--model-version=v1", "--dim=8");
    String model = path("models/tiny");
    Preflight.use(there -> 1_000);
    SoftAssertions soft = new SoftAssertions();
    refused(
        soft,
        "import",
        "csv",
        path("clicks.csv"),
        path("new.jsonl"),
        "--time-column=time",
        "--time-unit=seconds");
    refused(soft, "shop", path("new.jsonl"), "--users=20");
    refused(soft, "export", path("new.jsonl"), "--kafka=127.0.0.1:1");
    refused(soft, "checkpoint", path("new"), "--store", path("store"));
    refused(soft, "score", "--model", model, "--events", path("shop.jsonl"), "--out", path("new"));
    refused(soft, "score", "--model", model, "--store", path("store"), "--out", path("new"));
    soft.assertAll();
  }

  @Test
  void need_isLowerThanWhatIsWritten_andNotMuch() throws IOException {
    Path log = folder.resolve("shop.jsonl");
    Path truth = folder.resolve("truth.jsonl");
    assertNear(DiskNeed.ofShop(20, log, truth), Files.size(log) + Files.size(truth));
    run("shop", path("shop.jsonl.gz"), "--users=20", "--truth", path("truth.jsonl.gz"));
    Path packed = folder.resolve("shop.jsonl.gz");
    assertNear(
        DiskNeed.ofShop(20, packed, folder.resolve("truth.jsonl.gz")),
        Files.size(packed) + Files.size(folder.resolve("truth.jsonl.gz")));
    run(
        "import",
        "csv",
        path("clicks.csv"),
        path("clicks.jsonl"),
        "--time-column=time",
        "--time-unit=seconds");
    Path clicks = folder.resolve("clicks.jsonl");
    assertNear(DiskNeed.ofImport(folder.resolve("clicks.csv"), clicks), Files.size(clicks));
  }

  private static void assertNear(long need, long written) {
    assertThat(need).isBetween(written / 4, written);
  }

  private void refused(SoftAssertions soft, String... arguments) {
    CommandRun run = CommandRun.of(arguments);
    soft.assertThat(run.status()).as(run.output()).isEqualTo(1);
    soft.assertThat(run.output())
        .as(arguments[0])
        .contains(path("new"), ": needs about ", " MB, and 0 MB are free on its disk; free some");
  }

  private static void run(String... arguments) {
    CommandRun run = CommandRun.of(arguments);
    assertThat(run.status()).as(run.output()).isZero();
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }
}
