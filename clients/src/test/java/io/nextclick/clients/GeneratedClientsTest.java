// SPDX-License-Identifier: Apache-2.0
package io.nextclick.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What openapi-generator makes of the description, by its own settings, works on the service. */
class GeneratedClientsTest {

  /** Every kind of call; both clients try all of them, in this order. */
  private static final List<String> CALLS =
      List.of(
          "postEvents",
          "rank",
          "rankCandidates",
          "explain",
          "getUser",
          "putItem",
          "getItem",
          "filter",
          "getModels",
          "activateModel",
          "routeModels",
          "followModel",
          "exportUser",
          "eraseUser",
          "problem");

  private static final long NPM_MINUTES = 5;

  @TempDir private static Path directory;

  private static TriedService service;

  @BeforeAll
  static void start() throws Exception {
    service = TriedService.start(directory);
  }

  @AfterAll
  static void stop() throws Exception {
    service.close();
  }

  @Test
  void java_everyKindOfCall_isAnswered() throws Exception {
    assertThat(new JavaContract(service.base()).run()).containsExactlyElementsOf(CALLS);
  }

  @Test
  void typescript_everyKindOfCall_isAnswered() throws Exception {
    Path project = Path.of("target/typescript");
    Path here = Path.of("src/test/typescript");
    boolean npm = has("npm");
    if (!npm) {
      System.out.println("LEFT OUT: the TypeScript client needs node and npm, which are not here");
    }
    assumeTrue(npm, "node and npm are not here");
    for (String file :
        List.of("package.json", "package-lock.json", "tsconfig.json", "contract.ts")) {
      Files.copy(
          here.resolve(file),
          project.resolve(file),
          java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }
    run(project, "npm", "ci", "--no-audit", "--no-fund");
    run(project, "npx", "tsc", "--project", ".");
    assertThat(run(project, "node", "built/contract.js", service.base()).lines())
        .containsExactlyElementsOf(CALLS);
  }

  private static boolean has(String program) {
    try {
      return new ProcessBuilder(program, "--version").start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String run(Path in, String... command) throws Exception {
    Path out = Files.createTempFile(directory, "run", ".txt");
    Process process =
        new ProcessBuilder(command)
            .directory(in.toFile())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile())
            .start();
    boolean ended = process.waitFor(NPM_MINUTES, TimeUnit.MINUTES);
    process.destroyForcibly();
    String said = Files.readString(out);
    assertThat(ended && process.exitValue() == 0).as("%s: %s", List.of(command), said).isTrue();
    return said;
  }
}
