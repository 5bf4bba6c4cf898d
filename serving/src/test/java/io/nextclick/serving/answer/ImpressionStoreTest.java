// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.features.bytes.ByteWriter;
import io.nextclick.features.rocksdb.RocksDatabase;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImpressionStoreTest {

  private static final long NOW = 1_795_341_600_000L;
  private static final long SEED = 11;

  @TempDir private Path directory;

  @Test
  void settle_clicksBeforeAndAfterTheirImpression_countsEachItemOnce() throws IOException {
    try (ImpressionStore store = open(directory.resolve("s"))) {
      store.addClicks(List.of(click("r1", "a", 5)));
      store.addImpressions(List.of(impression("r1", "m/1", 0, "a", "b")));
      store.addClicks(List.of(click("r1", "a", 5), click("r1", "a", 6), click("r1", "x", 6)));
      store.addClicks(List.of(click("r11", "b", 5)));
      assertThat(store.settle(NOW)).isZero();
      assertThat(store.sums()).isEmpty();
      assertThat(store.settle(NOW + 1)).isEqualTo(1);
      assertThat(store.sums()).isEqualTo(Map.of("m/1", new ClickSums(2, 1, 0.5)));
      assertThat(store.waiting()).isZero();
    }
  }

  @Test
  void erase_removesWhatWaitsOfTheUser_andCountsNoneOfIt() throws IOException {
    Path path = directory.resolve("s");
    try (ImpressionStore store = open(path)) {
      store.addImpressions(
          List.of(
              shown(ERASED, "r1", 0, "a", "b"),
              shown("other-user", "r1", 0, "a", "b"),
              shown(ERASED, "r2", 50, "a")));
      store.addClicks(
          List.of(
              new Click(ERASED, "r1", "a", NOW + 5, NOW + 5),
              new Click("other-user", "r1", "b", NOW + 5, NOW + 5),
              new Click(ERASED, "r2", "a", NOW + 60, NOW + 60)));
      store.erase(List.of(ERASED), NOW + 10);
    }
    try (ImpressionStore store = open(path)) {
      assertThat(store.removeErased(NOW + 10)).as("not due").isFalse();
      assertThat(found(store, ERASED)).hasSize(4);
      assertThat(store.removeErased(NOW + 11)).isTrue();

      assertThat(found(store, ERASED))
          .containsExactly("r2 m/1 " + (NOW + 50) + " [a]", "r2 a " + (NOW + 60));
      assertThat(found(store, "other-user"))
          .containsExactly("r1 m/1 " + NOW + " [a, b]", "r1 b " + (NOW + 5));
      assertThat(store.waiting()).isEqualTo(2);
      assertThat(store.clicks()).isEqualTo(2);
      assertThat(store.removeErased(NOW + 11)).as("done").isFalse();
      store.erase(List.of(ERASED), NOW + 100);
      store.removeErased(NOW + 200);
      store.settle(NOW + 300_000);
      assertThat(store.sums()).isEqualTo(Map.of("m/1", new ClickSums(2, 1, 0.5)));
      assertThat(store.waiting() + store.clicks()).isZero();
      store.removeErasedBytes();
    }
    open(path).close(); // its MANIFEST names the files of the time before
    try (Stream<Path> all = Files.list(path)) {
      for (Path file : all.toList()) {
        assertThat(new String(Files.readAllBytes(file), ISO_8859_1))
            .as(file.toString())
            .doesNotContain(ERASED);
      }
    }
  }

  private static final String ERASED = "Kq8_zX41vPw"; // nothing that LZ4 could write shorter

  private static Impression shown(String user, String request, long at, String... items) {
    double[] probabilities = new double[items.length];
    Arrays.fill(probabilities, 0.25);
    return new Impression(user, request, "m/1", NOW + at, List.of(items), probabilities);
  }

  private static List<String> found(ImpressionStore store, String user) {
    List<String> found = new ArrayList<>();
    store.forEachOf(
        user,
        new WaitingOfUser.Visitor() {
          @Override
          public void impression(String request, String model, long time, List<String> items) {
            found.add(request + " " + model + " " + time + " " + items);
          }

          @Override
          public void click(String request, String item, long time) {
            found.add(request + " " + item + " " + time);
          }
        });
    return found;
  }

  @Test
  void settle_clickOutsideTheWindow_isNone() throws IOException {
    try (ImpressionStore store = open(directory.resolve("s"))) {
      store.addImpressions(
          List.of(
              impression("r1", "m", 0, "a"),
              impression("r2", "m", 0, "a"),
              impression("r3", "m", 0, "a")));
      store.addClicks(
          List.of(click("r1", "a", 60_001), click("r2", "a", 60_000), click("r3", "a", -1_001)));
      store.settle(NOW + 1);
      assertThat(store.sums().get("m")).isEqualTo(new ClickSums(3, 1, 0.75));
    }
  }

  /**
   * A client that gives all its requests one id: every list waits, and no longer than the window.
   */
  @Test
  void settle_oneRequestIdForManyLists_countsEachAndKeepsNoneWaiting() throws IOException {
    Path path = directory.resolve("s");
    try (ImpressionStore store = open(path)) {
      List<Impression> shown = new ArrayList<>();
      for (int i = 0; i < 76; i++) {
        shown.add(impression("r", "m", i / 10, "a" + i));
      }
      store.addImpressions(shown.subList(0, 40));
      store.addImpressions(shown.subList(36, 76)); // some of them again
      assertThat(store.waiting()).isEqualTo(76);
    }
    try (ImpressionStore store = open(path)) {
      assertThat(store.waiting()).isEqualTo(76);
      assertThat(store.settle(NOW + 100)).isEqualTo(76);
      assertThat(store.waiting()).isZero();
      assertThat(store.sums()).isEqualTo(Map.of("m", new ClickSums(76, 0, 76 * 0.25)));
    }
  }

  @Test
  void settle_clickOfAnotherUser_isNone() throws IOException {
    try (ImpressionStore store = open(directory.resolve("s"))) {
      store.addImpressions(List.of(impression("r1", "m", 0, "a", "b")));
      store.addClicks(
          List.of(
              new Click("other", "r1", "a", NOW + 5, NOW + 5),
              new Click("u2", "r1", "a", NOW + 5, NOW + 5),
              click("r1", "b", 5)));
      store.settle(NOW + 1);
      assertThat(store.sums().get("m")).isEqualTo(new ClickSums(2, 1, 0.5));
    }
  }

  /** Impressions and clicks of a version that did not know the user, and clicks of this one. */
  @Test
  void open_storeOfAVersionWithoutUsers_settlesWhatWaits() throws Exception {
    Path path = directory.resolve("s");
    byte[] old = new ByteWriter().u64(NOW).raw("r1".getBytes(UTF_8)).toBytes();
    byte[] shown =
        new ByteWriter().string("m").varint(2).string("a").u64(0).string("b").u64(0).toBytes();
    byte[] clicked =
        new ByteWriter()
            .raw("r1".getBytes(UTF_8))
            .u8(0)
            .u64(NOW + 3)
            .raw("a".getBytes(UTF_8))
            .toBytes();
    try (RocksDatabase db = RocksDatabase.open(path, ImpressionFamily.values())) {
      db.write(batch -> {
        batch.put(ImpressionFamily.IMPRESSIONS, old, shown);
        batch.put(ImpressionFamily.CLICKS, clicked, new ByteWriter().u64(NOW + 3).toBytes());
      });
    }
    try (ImpressionStore store = open(path)) {
      assertThat(store.waiting()).isEqualTo(1);
      store.addImpressions(List.of(impression("r1", "m", 0, "a")));
      store.addClicks(List.of(click("r1", "b", 5), click("r11", "a", 5)));
      assertThat(store.settle(NOW + 1)).isEqualTo(2);
      assertThat(store.sums().get("m")).isEqualTo(new ClickSums(3, 2, 0.25));
      store.settle(NOW + 100_000);
      assertThat(store.clicks()).isZero();
    }
  }

  @Test
  void addImpressions_noRoom_refusesAndCounts() throws IOException {
    try (ImpressionStore store =
        ImpressionStore.open(
            directory.resolve("s"), 2, Duration.ofMinutes(1), Duration.ofSeconds(1), NOW)) {
      store.addImpressions(
          List.of(
              impression("r1", "m", 0, "a"),
              impression("r2", "m", 0, "a"),
              impression("r3", "m", 0, "a")));
      assertThat(store.waiting()).isEqualTo(2);
      assertThat(store.refused()).isEqualTo(1);
    }
  }

  @Test
  void addClicks_ofALogReadAgain_keepsOnlyThoseThatMayBelongToSomething() throws IOException {
    try (ImpressionStore store = open(directory.resolve("s"))) {
      store.addClicks(List.of(click("old", "a", -10_000), click("new", "a", 10)));
      assertThat(store.clicks()).isEqualTo(1);
      store.settle(NOW + 100_000);
      assertThat(store.clicks()).isZero();
    }
  }

  @Test
  void settle_everySecond_readsWhatIsDueAndNothingElse() throws IOException {
    try (ImpressionStore store = open(directory.resolve("s"))) {
      List<Impression> shown = new ArrayList<>();
      List<Click> clicks = new ArrayList<>();
      for (int i = 0; i < 900; i++) {
        shown.add(impression("r" + i, "m", i, "a"));
        clicks.add(click("r" + i, "a", i));
        clicks.add(click("r" + i, "b", i));
        clicks.add(click("none" + i, "a", i));
      }
      store.addImpressions(shown);
      store.addClicks(clicks);
      long before = store.entriesRead();
      for (int second = 0; second < 100; second++) {
        assertThat(store.settle(NOW)).isZero();
      }
      assertThat(store.entriesRead() - before).as("of 3,600").isLessThanOrEqualTo(2 * 100);

      assertThat(store.settle(NOW + 10_000)).isEqualTo(900);
      assertThat(store.sums().get("m")).isEqualTo(new ClickSums(900, 900, 225));
      assertThat(store.clicks()).isZero();
      store.addClicks(List.of(click("late", "a", 20)));
      store.settle(NOW + 10_000);
      assertThat(store.clicks()).isZero();
    }
  }

  @Test
  void open_storeOfAnEarlierVersion_forgetsItsClicksToo() throws IOException {
    Path path = directory.resolve("s");
    try (ImpressionStore store = open(path)) {
      for (int i = 0; i < 3_000; i++) {
        store.addClicks(List.of(click("r" + i, "a", i)));
      }
    }
    try (RocksDatabase db = RocksDatabase.open(path, ImpressionFamily.values())) {
      db.write(batch ->
          db.scan(
              ImpressionFamily.META,
              new byte[0],
              (key, value) -> {
                batch.delete(ImpressionFamily.META, key); // it had no index
                return true;
              }));
    }
    try (ImpressionStore store = open(path)) {
      assertThat(store.clicks()).isEqualTo(3_000);
      store.addClicks(List.of(click("r1", "a", 9_000))); // sent again, and seen later
      store.settle(NOW + 5_000);
      assertThat(store.clicks()).isEqualTo(1);
    }
  }

  /**
   * Images of the files at random moments are what kills leave; the sums end the same from each.
   */
  @Test
  void open_afterAKillAtAnyMoment_endsWithTheSameSums() throws IOException {
    Random random = new Random(SEED);
    List<Impression> shown = new ArrayList<>();
    List<Click> clicks = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      shown.add(impression("r" + i, "m/" + i % 3, i, "a", "b", "c"));
      if (random.nextInt(3) == 0) {
        clicks.add(click("r" + i, random.nextBoolean() ? "a" : "c", i + 5));
      }
    }
    Path live = directory.resolve("live");
    List<Path> images = new ArrayList<>();
    List<Integer> steps = new ArrayList<>();
    Map<String, ClickSums> expected;
    try (ImpressionStore store = open(live)) {
      for (int step = 0; step < 30; step++) {
        apply(store, shown, clicks, step);
        images.add(copy(live, "image-" + step));
        steps.add(step);
      }
      store.settle(NOW + 1_000_000);
      expected = store.sums();
    }
    assertThat(expected.values().stream().mapToLong(ClickSums::clicks).sum())
        .isEqualTo(clicks.size());
    for (int i = 0; i < images.size(); i++) {
      try (ImpressionStore store = open(images.get(i))) {
        // Clicks come again from the log, impressions do not.
        for (int step = Math.max(0, steps.get(i) - 3); step < 30; step++) {
          if (step > steps.get(i)) {
            apply(store, shown, clicks, step);
          } else {
            store.addClicks(part(clicks, step));
          }
        }
        store.settle(NOW + 1_000_000);
        assertThat(store.sums()).as("image %d, seed=%d", i, SEED).isEqualTo(expected);
      }
    }
  }

  /** A kill in the middle of writing leaves the log of RocksDB cut anywhere. */
  @Test
  void open_logCutAnywhere_hasEveryImpressionWaitingOrCountedAndNeverBoth() throws IOException {
    Path live = directory.resolve("live");
    Random random = new Random(SEED);
    try (ImpressionStore store = open(live)) {
      for (int i = 0; i < 150; i++) {
        store.addImpressions(List.of(impression("r" + i, "m/%03d".formatted(i), i, "a")));
        if (i % 3 == 0) {
          store.settle(NOW + i - 5);
        }
      }
      for (int cut = 0; cut < 80; cut++) {
        Path image = copy(live, "cut-" + cut);
        Path log = newest(image);
        try (FileChannel file = FileChannel.open(log, StandardOpenOption.WRITE)) {
          file.truncate((long) (random.nextDouble() * file.size()));
        }
        try (ImpressionStore reopened = open(image)) {
          reopened.settle(NOW + 1_000_000);
          Map<String, ClickSums> sums = reopened.sums();
          for (int i = 0; i < sums.size(); i++) {
            assertThat(sums.get("m/%03d".formatted(i)))
                .as("impression %d, cut %d, seed=%d", i, cut, SEED)
                .isEqualTo(new ClickSums(1, 0, 0.25));
          }
        }
      }
    }
  }

  private static Path newest(Path image) throws IOException {
    try (var files = Files.list(image)) {
      return files
          .filter(file -> file.toString().endsWith(".log"))
          .max(Path::compareTo)
          .orElseThrow();
    }
  }

  private static void apply(
      ImpressionStore store, List<Impression> shown, List<Click> clicks, int step) {
    store.addImpressions(part(shown, step));
    store.addClicks(part(clicks, step));
    if (step % 4 == 3) {
      store.settle(NOW + (step - 6) * 10);
    }
  }

  private static <T> List<T> part(List<T> all, int step) {
    return all.subList(all.size() * step / 30, all.size() * (step + 1) / 30);
  }

  private Path copy(Path live, String name) throws IOException {
    Path image = Files.createDirectory(directory.resolve(name));
    try (var files = Files.list(live)) {
      for (Path file : files.toList()) {
        if (!file.getFileName().toString().equals("LOCK")) {
          Files.copy(file, image.resolve(file.getFileName()));
        }
      }
    }
    return image;
  }

  private static ImpressionStore open(Path path) throws IOException {
    return ImpressionStore.open(path, 1_000, Duration.ofMinutes(1), Duration.ofSeconds(1), NOW);
  }

  private static Impression impression(String request, String model, long at, String... items) {
    double[] p = new double[items.length];
    Arrays.fill(p, 0.25);
    return new Impression("u", request, model, NOW + at, List.of(items), p);
  }

  private static Click click(String request, String item, long at) {
    return new Click("u", request, item, NOW + at, NOW + at);
  }
}
