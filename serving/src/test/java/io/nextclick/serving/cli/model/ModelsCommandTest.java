// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nextclick.model.calibrate.Calibration;
import io.nextclick.serving.RandomModel;
import io.nextclick.serving.cli.Nextclick;
import java.io.ByteArrayOutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ModelsCommandTest {

  @TempDir private Path models;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void verify_newModel_saysOkToEveryCheck() {
    Path bundle = newModel();
    assertThat(run("models", "verify", bundle.toString())).isZero();
    assertThat(out.toString().lines().filter(line -> line.startsWith("ok  "))).hasSize(11);
    assertThat(out.toString())
        .contains(
            "golden probabilities on backend scalar",
            "golden probabilities on backend vector",
            "golden probabilities on backend onnx",
            "golden probabilities from model.onnx")
        .endsWith("may serve\n");
  }

  @Test
  void verify_changedModel_saysWhatFailedAndExitsWithOne() throws Exception {
    Path bundle = newModel();
    byte[] weights = Files.readAllBytes(bundle.resolve("weights.safetensors"));
    weights[5_000] ^= 1;
    Files.write(bundle.resolve("weights.safetensors"), weights);
    assertThat(run("models", "verify", bundle.toString())).isEqualTo(1);
    assertThat(out.toString())
        .contains("ok       items.txt", "FAILED   ", "weights.safetensors: was changed")
        .endsWith("must not serve\n");
  }

  @Test
  void verify_noSuchDirectory_failsWithItsName() {
    assertThat(run("models", "verify", models.resolve("none").toString())).isEqualTo(1);
    assertThat(err.toString()).contains("none: no such directory");
  }

  @Test
  void show_calibrationOfPoints_isDescribed() throws Exception {
    var points = new Calibration.Isotonic(new double[] {-2, 0, 3}, new double[] {0.1, 0.2, 0.75});
    RandomModel.publish(models, "v1", 20, 1, points);
    RandomModel.publish(models, "v2", 20, 1, new Calibration.Relative(points));

    for (String version : List.of("v1", "v2")) {
      assertThat(run("models", "show", models.resolve("shop").resolve(version).toString()))
          .isZero();
    }

    assertThat(out.toString())
        .contains("isotonic, 3 points, probabilities from 0.1000 to 0.7500")
        .contains("relative, to random items that were not shown: isotonic, 3 points")
        .doesNotContainPattern("\\[+[A-Z]@|@[0-9a-f]{6,}");
  }

  @Test
  void list_directory_namesEveryBundle() {
    newModel();
    assertThat(run("models", "list", models.toString())).isZero();
    assertThat(out.toString()).contains("random/v1\n", "1 models in ");
    assertThat(run("models", "list", models.resolve("none").toString())).isEqualTo(1);
  }

  @Test
  void show_model_saysWhatItIs() {
    Path bundle = newModel();
    assertThat(run("models", "show", bundle.toString())).isZero();
    assertThat(out.toString())
        .contains(
            "model                random v1", "items                50", "layers=1", "seed 1");
  }

  @Test
  void import_weightsAndGraph_makeModelsThatMayServe() {
    Path bundle = newModel();
    String items = "--items=" + bundle.resolve("items.txt");
    assertThat(
            run(
                "models",
                "import",
                models.toString(),
                "--name=weights",
                "--model-version=v1",
                items,
                "--safetensors=" + bundle.resolve("weights.safetensors"),
                "--architecture=" + bundle.resolve("model.json")))
        .isZero();
    assertThat(run("models", "verify", models.resolve("weights/v1").toString())).isZero();
    assertThat(
            run(
                "models",
                "import",
                models.toString(),
                "--name=graph",
                "--model-version=v1",
                items,
                "--onnx=" + bundle.resolve("model.onnx"),
                "--max-history=20"))
        .isZero();
    assertThat(run("models", "verify", models.resolve("graph/v1").toString())).isZero();
  }

  @Test
  void import_graphThatNamesADomainNoNodeUses_isSound() throws Exception {
    Path bundle = newModel();
    byte[] graph = Files.readAllBytes(bundle.resolve("model.onnx"));
    byte[] domain = "com.microsoft".getBytes(StandardCharsets.US_ASCII);
    ByteArrayOutputStream habit = new ByteArrayOutputStream();
    habit.writeBytes(graph);
    habit.writeBytes(new byte[] {0x42, (byte) (domain.length + 4), 0x0a, (byte) domain.length});
    habit.writeBytes(domain); // opset_import { domain: "com.microsoft" version: 1 }
    habit.writeBytes(new byte[] {0x10, 1});
    Path onnx = Files.write(models.resolve("habit.onnx"), habit.toByteArray());

    assertThat(
            run(
                "models",
                "import",
                models.toString(),
                "--name=habit",
                "--model-version=v1",
                "--items=" + bundle.resolve("items.txt"),
                "--onnx=" + onnx,
                "--max-history=20"))
        .as(err.toString())
        .isZero();
  }

  @Test
  void import_whatDoesNotFit_failsWithTheReason() throws Exception {
    Path bundle = newModel();
    String[] start = {"models", "import", models.toString(), "--name=x", "--model-version=v1"};
    String items = "--items=" + bundle.resolve("items.txt");
    String weights = "--safetensors=" + bundle.resolve("weights.safetensors");
    String architecture = "--architecture=" + bundle.resolve("model.json");
    assertThat(run(with(start, items))).isEqualTo(1);
    assertThat(err.toString()).contains("give either --onnx or --safetensors");
    assertThat(run(with(start, items, weights))).isEqualTo(1);
    assertThat(err.toString()).contains("--safetensors needs --architecture");
    assertThat(run(with(start, items, "--onnx=" + bundle.resolve("golden.json")))).isEqualTo(1);
    assertThat(err.toString()).contains("golden.json: ");
    assertThat(run(with(start, "--items=nowhere", weights, architecture))).isEqualTo(1);
    assertThat(err.toString()).contains("nowhere: no such file");
    Path few = Files.writeString(models.resolve("few.txt"), "a\nb\n");
    assertThat(run(with(start, "--items=" + few, weights, architecture))).isEqualTo(1);
    assertThat(err.toString()).contains("has 2 items, but the architecture says 50");
    assertThat(models.resolve("x")).doesNotExist();
  }

  @Test
  void new_versionThatIsThere_fails() {
    newModel();
    assertThat(run("models", "new", models.toString(), "--name=random", "--model-version=v1"))
        .isEqualTo(1);
    assertThat(err.toString()).contains("is there already; give another --model-version");
  }

  @Test
  void doctor_json_namesBackendKernelAndReasons() throws Exception {
    assertThat(run("doctor", "--json")).isZero();
    JsonNode report = new ObjectMapper().readTree(out.toString());
    assertThat(report.get("backend").asText()).isIn("vector", "onnx");
    assertThat(report.get("kernel").asText()).startsWith("vector-");
    assertThat(report.get("onnxruntime").asText()).contains("providers CPUExecutionProvider");
    assertThat(report.get("cuda").asText()).isNotEmpty();
    assertThat(report.get("cores").asInt()).isPositive();
    assertThat(run("doctor")).isZero();
    assertThat(out.toString()).contains("backend        ", "why            ");
  }

  private Path newModel() {
    assertThat(
            run(
                "models",
                "new",
                models.toString(),
                "--name=random",
                "--model-version=v1",
                "--item-count=50",
                "--dim=16",
                "--layers=1",
                "--max-history=20"))
        .isZero();
    return models.resolve("random").resolve("v1");
  }

  private static String[] with(String[] start, String... more) {
    String[] all = Arrays.copyOf(start, start.length + more.length);
    System.arraycopy(more, 0, all, start.length, more.length);
    return all;
  }

  private int run(String... arguments) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    CommandLine command = Nextclick.commandLine();
    command.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    return command.execute(arguments);
  }
}
