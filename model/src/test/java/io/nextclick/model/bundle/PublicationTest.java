// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nextclick.features.encode.Vocabulary;
import io.nextclick.model.calibrate.Calibration;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.part.EncoderWeights;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A bundle is under its name whole, or not at all. */
class PublicationTest {

  private static final long SEED = 11;
  private static final int KILLS = 6;
  private static final int MOST_KILLS = 40;

  @TempDir private Path models;

  @Test
  @Timeout(240)
  void publish_killedAtRandomMoments_leavesOnlyWholeBundles() throws Exception {
    SplittableRandom random = new SplittableRandom(SEED);
    int halfWritten = 0;
    int kills = 0;
    while (kills < KILLS || (halfWritten == 0 && kills < MOST_KILLS)) {
      publishUntilKilled(1_000 * kills, random.nextLong(600));
      kills++;
      for (Path bundle : ModelDirectory.bundles(models)) {
        ModelBundle.open(bundle);
        delete(bundle);
      }
      List<Path> left = entries(models.resolve("shop"));
      assertThat(left).allMatch(path -> path.getFileName().toString().startsWith("."));
      halfWritten += left.size();
      for (Path aside : left) {
        delete(aside);
      }
    }
    assertThat(halfWritten).as("kills that hit a publication, seed=%d", SEED).isPositive();
  }

  @Test
  void publish_fails_leavesNothing() throws Exception {
    EncoderConfig config =
        EncoderConfig.builder(2, Scoring.DOT).width(8, 8).layers(1, 2).history(4).build();
    EncoderWeights weights = EncoderWeights.random(config, 1);
    // An id with a line break is read back as two.
    Vocabulary vocabulary = new Vocabulary(List.of("a\nb", "c"));
    BundleWriter writer = new BundleWriter(models);
    assertThatThrownBy(() ->
            writer.publish(
                ModelBundleTest.label("v1", new Calibration.Identity()), vocabulary, weights))
        .isInstanceOf(MalformedBundleException.class)
        .hasMessageContaining("has 3 items, but model.json says 2");
    assertThat(entries(models.resolve("shop"))).isEmpty();
  }

  @Test
  void label_nameThatIsAPath_isRefused() {
    for (String name : new String[] {"../x", "", ".x", "a/b", "A", "a\u0000"}) {
      assertThatThrownBy(() ->
              new BundleWriter.Label(
                  name, "v1", List.of(), new Calibration.Identity(), Map.of(), Map.of()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("must match");
    }
  }

  /** Waits for the first version, and a moment, and kills. */
  private void publishUntilKilled(int firstVersion, long millis) throws Exception {
    Process publisher =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "-Xmx512m",
                "-cp",
                System.getProperty("java.class.path"),
                PublishLoop.class.getName(),
                models.toString(),
                Integer.toString(firstVersion))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (BufferedReader out = publisher.inputReader()) {
      assertThat(out.readLine()).isEqualTo("v" + firstVersion);
      Thread.sleep(millis);
    } finally {
      publisher.destroyForcibly().waitFor();
    }
  }

  private static List<Path> entries(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.toList();
    }
  }

  private static void delete(Path bundle) throws IOException {
    for (Path file : entries(bundle)) {
      Files.delete(file);
    }
    Files.delete(bundle);
  }
}
