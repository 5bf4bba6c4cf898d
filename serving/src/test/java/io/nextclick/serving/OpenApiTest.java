// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.nextclick.serving.api.Fallback;
import io.nextclick.serving.api.RankRequest;
import io.nextclick.serving.resources.RankResource;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import java.io.IOException;
import java.io.InputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Locale;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The description says what the code does: it is written by hand. */
class OpenApiTest {

  private final JsonNode api = read();

  @Test
  void paths_areThoseOfTheResources() {
    TreeSet<String> documented = new TreeSet<>();
    api.get("paths")
        .properties()
        .forEach(path ->
            path.getValue()
                .fieldNames()
                .forEachRemaining(method -> {
                  if (!method.equals("parameters")) {
                    documented.add(method + " " + path.getKey());
                  }
                }));

    assertThat(documented).isEqualTo(implemented());
  }

  @Test
  void rankRequest_fields_areThoseOfTheRecord() {
    assertThat(api.at("/components/schemas/RankRequest/properties").fieldNames())
        .toIterable()
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(RankRequest.class.getRecordComponents())
                .map(RecordComponent::getName)
                .toList());
  }

  @Test
  void fallback_values_areThoseOfTheEnum() {
    assertThat(api.at("/components/schemas/RankedList/properties/fallback/enum"))
        .filteredOn(value -> !value.isNull())
        .extracting(JsonNode::asText)
        .containsExactlyElementsOf(Arrays.stream(Fallback.values()).map(Fallback::label).toList());
  }

  @Test
  void references_leadSomewhere() {
    assertThat(api.findValuesAsText("$ref"))
        .isNotEmpty()
        .allSatisfy(ref -> assertThat(api.at(ref.substring(1)).isMissingNode()).as(ref).isFalse());
  }

  private static TreeSet<String> implemented() {
    TreeSet<String> methods = new TreeSet<>();
    new ClassFileImporter()
        .importPackages(RankResource.class.getPackageName()).stream()
            .filter(type -> type.isAnnotatedWith(Path.class))
            .forEach(type -> addMethods(type.reflect(), methods));
    return methods;
  }

  private static void addMethods(Class<?> resource, TreeSet<String> methods) {
    String root = resource.getAnnotation(Path.class).value();
    for (Method method : resource.getDeclaredMethods()) {
      for (Annotation annotation : method.getAnnotations()) {
        HttpMethod verb = annotation.annotationType().getAnnotation(HttpMethod.class);
        if (verb != null) {
          Path path = method.getAnnotation(Path.class);
          methods.add(
              verb.value().toLowerCase(Locale.ROOT)
                  + " "
                  + root
                  + (path == null ? "" : path.value()));
        }
      }
    }
  }

  private static JsonNode read() {
    try (InputStream in = RankResource.class.getResourceAsStream("openapi.json")) {
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
