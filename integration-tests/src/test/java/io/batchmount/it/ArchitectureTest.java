package io.batchmount.it;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The dependencies between modules point downwards only, and each foreign library stays in its
 * place.
 */
class ArchitectureTest {
  private static JavaClasses classes;

  @BeforeAll
  static void readClasses() {
    classes =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            // the test kits of the modules are jars of their own
            .withImportOption(location -> !location.contains("-tests.jar"))
            .importPackages("io.batchmount");
  }

  @Test
  void modulesDependDownwardsOnly() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("core")
        .definedBy("io.batchmount.core..")
        .layer("blob")
        .definedBy("io.batchmount.blob..")
        .layer("files")
        .definedBy("io.batchmount.files..")
        .layer("emulator")
        .definedBy("io.batchmount.emulator..")
        .layer("launcher")
        .definedBy("io.batchmount.launcher..")
        .whereLayer("launcher")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("blob")
        .mayOnlyBeAccessedByLayers("launcher")
        .whereLayer("files")
        .mayOnlyBeAccessedByLayers("launcher")
        .whereLayer("emulator")
        .mayOnlyBeAccessedByLayers("launcher")
        .whereLayer("core")
        .mayOnlyBeAccessedByLayers("blob", "files", "launcher")
        .check(classes);
  }

  @Test
  void onlyTheBindingKnowsJnr() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.batchmount.core.fuse..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("jnr..", "ru.serce..")
        .check(classes);
  }

  @Test
  void theCoreKnowsNothingOfAzure() {
    noClasses()
        .that()
        .resideInAPackage("io.batchmount.core..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("com.azure..")
        .check(classes);
  }

  @Test
  void fileSystemsKnowNothingOfTheBinding() {
    noClasses()
        .that()
        .resideInAnyPackage("io.batchmount.blob..", "io.batchmount.files..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.batchmount.core.fuse..")
        .check(classes);
  }
}
