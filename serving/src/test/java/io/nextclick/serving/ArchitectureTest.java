// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.ObjectInputStream;
import java.nio.file.CopyOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Keeps the direction of the modules, and each library in its one place. */
class ArchitectureTest {

  private static final JavaClasses OURS =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .withImportOption(location -> !location.contains("tests.jar"))
          .importPackages("io.nextclick");

  @Test
  void importer_allModules_areSeen() {
    for (String module : new String[] {"features", "ingest", "model", "serving", "broker"}) {
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
    "broker, serving"
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
    "org.rocksdb.., io.nextclick.features.store..",
    "org.apache.kafka.., io.nextclick.ingest.kafka..",
    "kafka.., io.nextclick.broker..",
    "jdk.incubator.vector.., io.nextclick.model.kernel..",
    "ai.onnxruntime.., io.nextclick.model.onnx.."
  })
  void library_isKnown_inOnePlace(String library, String place) {
    noClasses()
        .that()
        .resideOutsideOfPackages(place, "io.nextclick.broker..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(library)
        .allowEmptyShould(true)
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

  /** The fold sees the log only: invariants I1 and I9 rest on it. */
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
