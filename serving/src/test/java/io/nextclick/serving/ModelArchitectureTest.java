// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.nextclick.features.encode.Visits;
import io.nextclick.model.block.HiddenLayer;
import io.nextclick.model.block.RowNorm;
import io.nextclick.model.part.ModelPart;
import org.junit.jupiter.api.Test;

/** Keeps a part of the model in one file, and the layers of the model apart. */
class ModelArchitectureTest {

  private static final JavaClasses MODEL =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .withImportOption(location -> !location.contains("tests.jar"))
          .importPackages("io.nextclick.model", "io.nextclick.features", "io.nextclick.serving");

  /** Its settings, its tensors and its formulas: whoever reads them knows the part by name. */
  @Test
  void parts_areKnown_inTheirPackageAlone() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.nextclick.model.part..")
        .should()
        .dependOnClassesThat(isAPart())
        .because("the model walks slots")
        .check(MODEL);
  }

  @Test
  void kindsOfBlocks_areKnown_whereTheyAreChosen() {
    noClasses()
        .that()
        .resideOutsideOfPackages(
            "io.nextclick.model.block..",
            "io.nextclick.model.part..",
            "io.nextclick.model.decoder..")
        .should()
        .dependOnClassesThat(
            isOneOf(assignableTo(HiddenLayer.class).or(assignableTo(RowNorm.class))))
        .because("a layer knows none by name")
        .check(MODEL);
  }

  private static DescribedPredicate<JavaClass> isAPart() {
    return isOneOf(assignableTo(ModelPart.class)).as("a part of the model");
  }

  private static DescribedPredicate<JavaClass> isOneOf(DescribedPredicate<JavaClass> type) {
    return type.and(
        DescribedPredicate.not(
            DescribedPredicate.describe("the interface", JavaClass::isInterface)));
  }

  @Test
  void layers_ofTheModel_lookDown() {
    layeredArchitecture()
        .consideringOnlyDependenciesInAnyPackage("io.nextclick.model..")
        .layer("kernel")
        .definedBy("..model.kernel..")
        .layer("graph")
        .definedBy("..model.graph..")
        .layer("weights")
        .definedBy("..model.weights..")
        .layer("cross")
        .definedBy("..model.cross..")
        .layer("block")
        .definedBy("..model.block..")
        .layer("part")
        .definedBy("..model.part..")
        .layer("encoder")
        .definedBy("..model.encoder..")
        .layer("decoder")
        .definedBy("..model.decoder..")
        .layer("onnx")
        .definedBy("..model.onnx..")
        .layer("pass")
        .definedBy("..model.pass..")
        .layer("train")
        .definedBy("..model.train..")
        .layer("search")
        .definedBy("..model.search..")
        .layer("bundle")
        .definedBy("..model.bundle..")
        .whereLayer("search")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("train")
        .mayOnlyBeAccessedByLayers("search")
        .whereLayer("bundle")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("pass")
        .mayOnlyBeAccessedByLayers("train")
        .whereLayer("onnx")
        .mayOnlyBeAccessedByLayers("bundle")
        .whereLayer("decoder")
        .mayOnlyBeAccessedByLayers("pass", "train", "bundle", "onnx")
        .whereLayer("encoder")
        .mayOnlyBeAccessedByLayers("decoder", "search", "train", "bundle", "onnx")
        .whereLayer("part")
        .mayOnlyBeAccessedByLayers(
            "encoder", "decoder", "onnx", "pass", "search", "train", "bundle")
        .whereLayer("block")
        .mayOnlyBeAccessedByLayers("part", "encoder", "decoder", "pass")
        .whereLayer("cross")
        .mayOnlyBeAccessedByLayers("part")
        .whereLayer("weights")
        .mayOnlyBeAccessedByLayers(
            "cross", "block", "part", "encoder", "decoder", "pass", "train", "bundle")
        .whereLayer("graph")
        .mayOnlyBeAccessedByLayers("cross", "block", "part", "onnx")
        .check(MODEL.that(resideInAPackage("io.nextclick.model..")));
  }

  /** Training, serving and graphs derive nothing of a history by themselves. */
  @Test
  void visits_areCounted_whereColumnsAre() {
    classes()
        .that()
        .areAssignableTo(Visits.class)
        .should()
        .onlyBeAccessed()
        .byClassesThat()
        .resideInAPackage("io.nextclick.features.encode..")
        .check(MODEL);
  }
}
