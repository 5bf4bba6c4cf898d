// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import io.nextclick.serving.resources.RankResource;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** {@code openapi.json}, which is written by hand, held against what the service says. */
final class ApiDescription {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final JsonSchemaFactory SCHEMAS =
      JsonSchemaFactory.getInstance(VersionFlag.V202012);
  private static final String PROBLEM = "#/components/schemas/Problem";

  private static final ApiDescription DESCRIPTION = new ApiDescription();

  private final JsonNode api;
  private final JsonNode strict;

  private ApiDescription() {
    try (InputStream in = RankResource.class.getResourceAsStream("openapi.json")) {
      api = JSON.readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    strict = api.deepCopy();
    strict.findParents("additionalProperties").forEach(ApiDescription::close);
  }

  /** Clients pass over what they do not know; here nothing may be unknown. */
  private static void close(JsonNode schema) {
    if (schema.get("additionalProperties").isBoolean() && schema.has("properties")) {
      ((ObjectNode) schema).set("additionalProperties", BooleanNode.FALSE);
    }
  }

  /** The description as it is. */
  static JsonNode api() {
    return DESCRIPTION.api;
  }

  /** Holds an answer of the application port against the description. */
  static void require(String method, String target, HttpResponse<String> response) {
    DESCRIPTION.check(method, target, response);
  }

  private void check(String method, String target, HttpResponse<String> response) {
    String path = target.replaceFirst("\\?.*", "");
    JsonNode operation = operation(path, method.toLowerCase(Locale.ROOT));
    String type = response.headers().firstValue("content-type").orElse("").replaceFirst(";.*", "");
    boolean json = type.endsWith("json") && !type.endsWith("x-ndjson"); // lines are no one value
    if (operation == null || !json || response.body().isEmpty()) {
      return;
    }
    String what = method + " " + path + ": " + response.statusCode() + " " + type;
    JsonNode described = resolve(operation.at("/responses/" + response.statusCode()));
    if (response.statusCode() >= 400) {
      requireValid(what, reference(PROBLEM), read(response.body()));
    } else {
      JsonNode schema = described.path("content").path(type).path("schema");
      assertThat(schema.isMissingNode()).as(what + " is not described").isFalse();
      requireValid(what, schema, read(response.body()));
    }
  }

  private @Nullable JsonNode operation(String path, String method) {
    String[] segments = path.split("/", -1);
    for (var described : strict.get("paths").properties()) {
      if (matches(described.getKey().split("/", -1), segments)) {
        return described.getValue().get(method);
      }
    }
    return null;
  }

  private static boolean matches(String[] template, String[] segments) {
    for (int i = 0; i < template.length; i++) {
      if (template.length != segments.length
          || !(template[i].startsWith("{") || template[i].equals(segments[i]))) {
        return false;
      }
    }
    return true;
  }

  private JsonNode resolve(JsonNode node) {
    return node.has("$ref") ? strict.at(node.get("$ref").asText().substring(1)) : node;
  }

  private static JsonNode reference(String to) {
    return JsonNodeFactory.instance.objectNode().put("$ref", to);
  }

  /** Holds a value against a schema of the description; nothing may be unknown. */
  static void requireValid(String what, JsonNode schema, JsonNode value) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.set("components", DESCRIPTION.strict.get("components"));
    root.setAll((ObjectNode) schema);
    assertThat(SCHEMAS.getSchema(root).validate(value)).as("%s: %s", what, value).isEmpty();
  }

  private static JsonNode read(String body) {
    try {
      return JSON.readTree(body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
