// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.model.calibrate.Calibration;
import io.nextclick.model.encoder.EncoderCases;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.part.EncoderWeights;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Thousands of damaged bundles, from one seed: every one is refused, and only as declared. */
class MutatedBundleTest {

  private static final long SEED = 20_261_123;
  private static final int DAMAGED = 3_000;
  private static final int FORGED = 2_000;
  private static final List<String> FILES =
      List.of("weights.safetensors", "items.txt", "golden.json", "model.onnx", "model.json");

  private final SplittableRandom random = new SplittableRandom(SEED);
  @TempDir private Path directory;
  private Path bundle;

  @BeforeEach
  void publish() throws IOException {
    EncoderConfig config =
        EncoderConfig.builder(EncoderCases.ITEMS, Scoring.ATTEND)
            .width(8, 8)
            .layers(1, 2)
            .history(4)
            .build();
    bundle =
        new BundleWriter(directory)
            .publish(
                ModelBundleTest.label("v1", new Calibration.Platt(1, 0)),
                EncoderCases.vocabulary(),
                EncoderWeights.random(config, 1));
  }

  @Test
  void open_damagedFiles_areAllRefused() throws IOException {
    int accepted = 0;
    for (int i = 0; i < DAMAGED; i++) {
      String name = FILES.get(random.nextInt(FILES.size()));
      Path file = bundle.resolve(name);
      byte[] original = Files.readAllBytes(file);
      byte[] mutant = mutated(original);
      if (!Arrays.equals(original, mutant)) {
        Files.write(file, mutant);
        accepted += accepted("seed=%d, mutant=%d, %s".formatted(SEED, i, name)) ? 1 : 0;
        Files.write(file, original);
      }
    }
    assertThat(accepted).isZero();
    assertThat(accepted("the original")).isTrue();
  }

  /** Who makes a bundle can make its hashes right: then each parser stands alone. */
  @Test
  void open_forgedFiles_areRefusedOrGiveTheGoldenProbabilities() throws IOException {
    int refused = 0;
    byte[] manifest = Files.readAllBytes(bundle.resolve("model.json"));
    Forgery forgery = new Forgery(bundle);
    for (int i = 0; i < FORGED; i++) {
      String name = FILES.get(random.nextInt(FILES.size()));
      byte[] original = Files.readAllBytes(bundle.resolve(name));
      byte[] mutant = mutated(original);
      if (name.equals("model.json")) {
        forgery.manifest(new String(mutant, StandardCharsets.ISO_8859_1));
      } else {
        forgery.replace(name, mutant);
      }
      refused += accepted("seed=%d, forgery=%d, %s".formatted(SEED, i, name)) ? 0 : 1;
      Files.write(bundle.resolve(name), original);
      Files.write(bundle.resolve("model.json"), manifest);
    }
    assertThat(refused).isBetween(FORGED / 2, FORGED);
  }

  private boolean accepted(String which) {
    try {
      ModelBundle.open(bundle).scorer(Backend.VECTOR, null).close();
      return true;
    } catch (MalformedBundleException declared) {
      return false;
    } catch (IOException | RuntimeException | Error e) {
      throw new AssertionError(which, e);
    }
  }

  private byte[] mutated(byte[] bytes) {
    byte[] mutant = bytes.clone();
    int at = random.nextInt(mutant.length);
    switch (random.nextInt(6)) {
      case 0 -> mutant[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> mutant[at] = (byte) random.nextInt(256);
      case 2 -> mutant = Arrays.copyOf(mutant, at);
      case 3 -> mutant = Arrays.copyOf(mutant, mutant.length + 1 + random.nextInt(64));
      case 4 -> Arrays.fill(mutant, at, Math.min(mutant.length, at + 16), (byte) 0);
      default -> {
        int from = random.nextInt(mutant.length);
        int length = Math.min(8, mutant.length - Math.max(at, from));
        System.arraycopy(bytes, from, mutant, at, length);
      }
    }
    return mutant;
  }
}
