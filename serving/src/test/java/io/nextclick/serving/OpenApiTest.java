// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import io.nextclick.features.sequence.Verdict;
import io.nextclick.serving.access.Route;
import io.nextclick.serving.access.Routes;
import io.nextclick.serving.api.CandidateList;
import io.nextclick.serving.api.Fallback;
import io.nextclick.serving.api.Problem;
import io.nextclick.serving.api.RankRequest;
import io.nextclick.serving.api.RankedList;
import io.nextclick.serving.api.SlateRequest;
import io.nextclick.serving.resources.EventsResource;
import io.nextclick.serving.resources.ItemsResource;
import io.nextclick.serving.resources.ModelsResource;
import io.nextclick.serving.resources.RankResource;
import io.nextclick.serving.resources.UsersResource;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The description says what the code does: it is written by hand. */
class OpenApiTest {

  private static final Map<String, Class<?>> RECORDS =
      Map.ofEntries(
          Map.entry("RankRequest", RankRequest.class),
          Map.entry("SlateRequest", SlateRequest.class),
          Map.entry("RankedList", RankedList.class),
          Map.entry("Slate", RankedList.Slate.class),
          Map.entry("DroppedLimit", RankedList.DroppedLimit.class),
          Map.entry("RankedModel", RankedList.Model.class),
          Map.entry("RankedItem", RankedList.RankedItem.class),
          Map.entry("Reason", RankedList.Reason.class),
          Map.entry("Experiment", RankedList.Experiment.class),
          Map.entry("Explanation", RankedList.Explanation.class),
          Map.entry("History", RankedList.History.class),
          Map.entry("User", UsersResource.UserView.class),
          Map.entry("Entry", UsersResource.Entry.class),
          Map.entry("Erasing", UsersResource.Erasing.class),
          Map.entry("Item", ItemsResource.ItemView.class),
          Map.entry("ItemDescription", ItemsResource.ItemBody.class),
          Map.entry("Place", ItemsResource.Accepted.class),
          Map.entry("Accepted", EventsResource.Accepted.class),
          Map.entry("Models", ModelsResource.Models.class),
          Map.entry("Model", ModelsResource.ModelView.class),
          Map.entry("Problem", Problem.class),
          Map.entry("ProblemError", Problem.Fault.class));

  private final JsonNode api = ApiDescription.api();

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

  /** The table of routes says who may; the description must not say otherwise. */
  @Test
  void security_isThatOfTheTableOfRoutes() {
    Map<String, Set<String>> described = new TreeMap<>();
    api.get("paths")
        .properties()
        .forEach(path ->
            path.getValue()
                .properties()
                .forEach(operation -> {
                  if (operation.getKey().equals("parameters")) {
                    return;
                  }
                  Set<String> roles = new TreeSet<>();
                  operation
                      .getValue()
                      .path("security")
                      .forEach(way -> roles.add(way.path("key").path(0).asText()));
                  described.put(operation.getKey() + " " + path.getKey(), roles);
                }));
    Map<String, Set<String>> table = new TreeMap<>();
    for (Route route : Routes.ALL) {
      if (route.port() == Route.Port.APPLICATION) {
        Set<String> roles = new TreeSet<>();
        route.roles().forEach(role -> roles.add(role.label()));
        table.put(route.method().toLowerCase(Locale.ROOT) + " " + route.template(), roles);
      }
    }

    assertThat(described).isEqualTo(table);
  }

  static Stream<String> schemas() {
    return RECORDS.keySet().stream().sorted();
  }

  @ParameterizedTest
  @MethodSource("schemas")
  void schema_fields_areThoseOfTheRecord(String name) {
    JsonNode schema = api.at("/components/schemas/" + name);
    Map<String, String> described = new TreeMap<>();
    Set<String> required = new TreeSet<>();
    schema.path("required").forEach(field -> required.add(field.asText()));
    schema
        .get("properties")
        .properties()
        .forEach(field ->
            described.put(
                field.getKey(),
                required.contains(field.getKey())
                    ? type(field.getValue())
                    : type(field.getValue()).replace(" or null", "") + ", optional"));
    boolean answer = schema.path("additionalProperties").asBoolean();
    Map<String, String> real = new TreeMap<>();
    for (RecordComponent component : RECORDS.get(name).getRecordComponents()) {
      real.put(component.getName(), type(component, answer));
    }

    assertThat(described).isEqualTo(real);
  }

  /**
   * The type with its format; what a reference names, or a list or a map holds, is not compared.
   */
  private String type(JsonNode schema) {
    if (schema.has("$ref")) {
      return type(api.at(schema.get("$ref").asText().substring(1)));
    }
    JsonNode type = schema.get("type");
    String format = schema.has("format") ? " " + schema.get("format").asText() : "";
    return type.isArray()
        ? type.get(0).asText() + format + " or " + type.get(1).asText()
        : type.asText() + format.replace(" date-time", "");
  }

  /** An answer has a field with null, or leaves it out; a request may leave it out. */
  private static String type(RecordComponent component, boolean answer) {
    String type = typeOf(component.getType());
    if (!component.getAnnotatedType().isAnnotationPresent(Nullable.class)) {
      return type;
    }
    boolean leftOut =
        component.getAccessor().isAnnotationPresent(JsonInclude.class)
            || component.getDeclaringRecord().isAnnotationPresent(JsonInclude.class);
    return answer && !leftOut ? type + " or null" : type + ", optional";
  }

  private static String typeOf(Class<?> type) {
    if (type == int.class || type == Integer.class) {
      return "integer int32";
    }
    if (type == long.class || type == Long.class) {
      return "integer int64";
    }
    if (type == double.class || type == Double.class || type == float.class) {
      return "number double";
    }
    if (type == boolean.class || type == Boolean.class) {
      return "boolean";
    }
    boolean list = List.class.isAssignableFrom(type) || type == CandidateList.class;
    return type == String.class ? "string" : list ? "array" : "object";
  }

  @Test
  void examples_areWhatTheirSchemasSay() {
    List<JsonNode> contents = api.findParents("example");
    assertThat(contents).hasSizeGreaterThan(20);
    contents.forEach(content ->
        ApiDescription.requireValid("example", content.get("schema"), content.get("example")));
  }

  @Test
  void examples_ofRequests_areAccepted() {
    JsonNode rank = api.at("/paths/~1v1~1rank/post/requestBody/content/application~1json/example");
    assertThat(RankRequest.read(bytes(rank), 100, 100).user()).isEqualTo("ann");
    JsonNode event =
        api.at("/paths/~1v1~1events/post/requestBody/content/application~1json/example");
    assertThat(EventJson.decode(bytes(event))).isInstanceOf(Event.class);
  }

  private static byte[] bytes(JsonNode json) {
    return json.toString().getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void fallback_values_areThoseOfTheEnum() {
    assertThat(api.at("/components/schemas/RankedList/properties/fallback/enum"))
        .filteredOn(value -> !value.isNull())
        .extracting(JsonNode::asText)
        .containsExactlyElementsOf(Arrays.stream(Fallback.values()).map(Fallback::label).toList());
  }

  @Test
  void verdicts_areThoseOfTheFold_andThatItIsStillToCome() {
    assertThat(api.at("/components/schemas/Accepted/properties/verdicts/items/enum"))
        .extracting(JsonNode::asText)
        .containsExactlyElementsOf(
            Stream.concat(
                    Arrays.stream(Verdict.values())
                        .map(verdict -> verdict.name().toLowerCase(Locale.ROOT)),
                    Stream.of("pending"))
                .toList());
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
}
