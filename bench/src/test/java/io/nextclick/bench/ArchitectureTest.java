// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import io.nextclick.serving.api.Problem;
import io.nextclick.serving.api.ProblemException;
import java.io.ObjectInputStream;
import java.nio.file.CopyOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Keeps the direction of modules and packages, and each library in its one place. It stands in the
 * module that sees all others.
 */
class ArchitectureTest {

  private static final int MAX_FILES = 25;

  private static final JavaClasses OURS =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .withImportOption(location -> !location.contains("tests.jar"))
          .withImportOption(location -> !location.contains("/jmh_generated/"))
          .importPackages("io.nextclick");

  @Test
  void importer_allModules_areSeen() {
    for (String module :
        new String[] {"features", "ingest", "model", "serving", "broker", "bench"}) {
      assertThat(OURS.stream().filter(c -> c.getPackageName().startsWith("io.nextclick." + module)))
          .as(module)
          .isNotEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "features, ingest",
    "features, model",
    "features, serving",
    "features, broker",
    "ingest, model",
    "ingest, serving",
    "ingest, broker",
    "model, ingest",
    "model, serving",
    "model, broker",
    "broker, features",
    "broker, ingest",
    "broker, model",
    "broker, serving",
    "features, bench",
    "ingest, bench",
    "model, bench",
    "serving, bench",
    "broker, bench"
  })
  void module_doesNotKnow_module(String from, String to) {
    noClasses()
        .that()
        .resideInAPackage("io.nextclick." + from + "..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.nextclick." + to + "..")
        .check(OURS);
  }

  @ParameterizedTest
  @CsvSource({
    "org.rocksdb.., io.nextclick.features.rocksdb..",
    "org.apache.kafka.., io.nextclick.ingest.kafka..",
    "kafka.., io.nextclick.broker..",
    "jdk.incubator.vector.., io.nextclick.model.kernel..",
    "ai.onnxruntime.., io.nextclick.model.onnx..",
    "io.prometheus.., io.nextclick.serving.."
  })
  void library_isKnown_inOnePlace(String library, String place) {
    noClasses()
        .that()
        .resideOutsideOfPackages( // benchmarks also measure libraries alone
            place, "io.nextclick.broker..", "io.nextclick.bench..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(library)
        .allowEmptyShould(true)
        .check(OURS);
  }

  /** Every package of serving, each above all that it knows: as in ARCHITECTURE.md. */
  private static final List<List<String>> SERVING =
      List.of(
          List.of("api", "concurrent", "shop"),
          List.of("access", "state", "models"),
          List.of("rank", "backfill"),
          List.of("admission", "answer", "batch"),
          List.of("shadow", "audit", "personal"),
          List.of("metrics", "health"),
          List.of("resources"),
          List.of("server", "logging"),
          List.of("config"),
          List.of(""),
          List.of("cli.option"),
          List.of("cli.access", "cli.data", "cli.model"),
          List.of("cli.run", "cli.state"),
          List.of("cli"));

  private static String servingPackage(String room) {
    return "io.nextclick.serving" + (room.isEmpty() ? "" : "." + room);
  }

  private static Stream<String> rooms() {
    return SERVING.stream().flatMap(List::stream);
  }

  @ParameterizedTest
  @MethodSource("rooms")
  void room_ofServing_knowsLowerOnesOnly(String room) {
    String[] lower =
        SERVING.stream()
            .takeWhile(layer -> !layer.contains(room))
            .flatMap(List::stream)
            .map(ArchitectureTest::servingPackage)
            .toArray(String[]::new);
    noClasses()
        .that()
        .resideInAPackage(servingPackage(room))
        .should()
        .dependOnClassesThat(
            resideInAPackage("io.nextclick.serving..")
                .and(resideOutsideOfPackages(lower))
                .and(resideOutsideOfPackage(servingPackage(room))))
        .check(OURS);
  }

  @Test
  void room_ofServing_isInTheTable() {
    assertThat(
            OURS.stream()
                .map(JavaClass::getPackageName)
                .filter(name -> name.startsWith("io.nextclick.serving"))
                .distinct())
        .containsExactlyInAnyOrderElementsOf(
            rooms().map(ArchitectureTest::servingPackage).toList());
  }

  @Test
  void packages_haveNoCycle() {
    slices().matching("io.nextclick.(**)").should().beFreeOfCycles().check(OURS);
  }

  @Test
  void files_ofServing_haveNoCycle() {
    slices()
        .assignedFrom(
            new SliceAssignment() {
              @Override
              public SliceIdentifier getIdentifierOf(JavaClass type) {
                return type.getPackageName().startsWith("io.nextclick.serving")
                    ? SliceIdentifier.of(type.getName().replaceFirst("\\$.*", ""))
                    : SliceIdentifier.ignore();
              }

              @Override
              public String getDescription() {
                return "files of serving";
              }
            })
        .should()
        .beFreeOfCycles()
        .check(OURS);
  }

  /** Else nobody finds a file by its subject. */
  @Test
  void packages_haveAtMost25Files() {
    Map<String, Long> files =
        OURS.stream()
            .filter(c -> c.isTopLevelClass() && !c.getSimpleName().equals("package-info"))
            .collect(Collectors.groupingBy(JavaClass::getPackageName, Collectors.counting()));

    files.values().removeIf(count -> count <= MAX_FILES);
    assertThat(files).isEmpty();
  }

  @Test
  void http_isKnown_whereRequestsComeIn() {
    noClasses()
        .that()
        .resideOutsideOfPackages(
            "io.nextclick.serving.api..",
            "io.nextclick.serving.resources..",
            "io.nextclick.bench..") // a resource that does nothing is what ours are measured by
        .should()
        .dependOnClassesThat()
        .resideInAPackage("jakarta.ws..")
        .check(OURS);
  }

  /** What answers a request says what is wrong in its own words: resources make a problem of it. */
  @Test
  void problems_areMade_whereRequestsComeIn() {
    noClasses()
        .that()
        .resideInAPackage("io.nextclick.serving..")
        .and()
        .resideOutsideOfPackages(
            "io.nextclick.serving.api..",
            "io.nextclick.serving.resources..",
            "io.nextclick.serving.batch..") // which reads rows as requests are read
        .should()
        .dependOnClassesThat()
        .belongToAnyOf(Problem.class, ProblemException.class)
        .check(OURS);
  }

  /** A file gets its name when all of it is on the disk, and the name is forced as well. */
  @Test
  void files_getTheirNames_inOnePlace() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.nextclick.features.file..")
        .should()
        .callMethod(Files.class, "move", Path.class, Path.class, CopyOption[].class)
        .because("DurableFile writes a whole file, and Disk.rename names what was forced")
        .check(OURS);
  }

  @Test
  void javaSerialisation_isNeverRead() {
    noClasses().should().dependOnClassesThat().areAssignableTo(ObjectInputStream.class).check(OURS);
  }

  /** Else a number that is not finite would stand in our JSON as text. */
  @Test
  void mappers_beginInOnePlace() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.nextclick.features.json..")
        .should()
        .callConstructor(ObjectMapper.class)
        .orShould()
        .callConstructor(JsonMapper.class)
        .orShould()
        .callMethod(JsonMapper.class, "builder")
        .orShould()
        .callMethod(JsonMapper.class, "builder", JsonFactory.class)
        .because("Json.mapper() writes null for a number that is not finite")
        .check(OURS);
  }

  /** The fold sees the log only: else a store that is built anew would not be the one before. */
  @Test
  void fold_knows_noClockAndNoRandomness() {
    noClasses()
        .that()
        .resideInAPackage("io.nextclick.features.sequence..")
        .should()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(Instant.class, "now")
        .orShould()
        .dependOnClassesThat()
        .areAssignableTo(Random.class)
        .orShould()
        .dependOnClassesThat()
        .areAssignableTo(RandomGenerator.class)
        .check(OURS);
  }
}
