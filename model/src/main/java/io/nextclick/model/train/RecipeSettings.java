// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nextclick.features.json.Json;
import io.nextclick.model.part.Parts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The settings of a recipe by name: the last word of their place, and of a part's both. */
final class RecipeSettings {

  private static final JsonMapper JSON = Json.mapper().build();
  private static final String ON = "on";
  private static final String OFF = "off";

  private final ObjectNode tree;

  RecipeSettings(ObjectNode tree) {
    this.tree = tree;
  }

  ObjectNode tree() {
    return tree;
  }

  private ObjectNode parts() {
    return tree.withObject("/encoder/parts");
  }

  private List<ObjectNode> sections() {
    List<ObjectNode> sections = new ArrayList<>();
    for (JsonNode section : tree) {
      sections.add((ObjectNode) section);
    }
    return sections;
  }

  /** Names and values, as text; the parts that are off among them. */
  Map<String, String> texts() {
    Map<String, String> texts = new TreeMap<>();
    for (ObjectNode section : sections()) {
      section.properties().stream()
          .filter(setting -> setting.getValue().isValueNode())
          .forEach(setting -> texts.put(setting.getKey(), setting.getValue().asText()));
    }
    for (Parts.Kind kind : Parts.ALL) {
      JsonNode part = parts().path(kind.name());
      if (part.isEmpty()) {
        texts.put(kind.name(), part.isMissingNode() ? OFF : ON);
      }
      part.properties()
          .forEach(
              setting -> texts.put(kind.name() + "." + setting.getKey(), text(setting.getValue())));
    }
    return texts;
  }

  private static String text(JsonNode value) {
    List<String> words = new ArrayList<>();
    value.forEach(word -> words.add(word.asText()));
    return value.isArray() ? String.join(",", words) : value.asText();
  }

  /** Changes a setting. */
  void set(String name, String text) {
    for (Parts.Kind kind : Parts.ALL) {
      if (name.equals(kind.name())) {
        setPart(kind, text);
        return;
      }
      if (name.startsWith(kind.name() + ".")) {
        ObjectNode part = part(kind);
        String setting = name.substring(kind.name().length() + 1);
        part.set(setting, value(part, setting, name, text));
        return;
      }
    }
    for (ObjectNode section : sections()) {
      JsonNode old = section.get(name);
      if (old != null && old.isValueNode()) {
        section.set(name, value(section, name, name, text));
        return;
      }
    }
    throw unknown(name);
  }

  private IllegalArgumentException unknown(String name) {
    return new IllegalArgumentException(
        "unknown setting: " + name + "; there are " + String.join(", ", texts().keySet()));
  }

  /** A part that is off is on with its usual settings. */
  private ObjectNode part(Parts.Kind kind) {
    JsonNode usual = Parts.of(kind.usual()).settings().get(kind.name());
    parts().putIfAbsent(kind.name(), usual);
    return (ObjectNode) parts().get(kind.name());
  }

  private void setPart(Parts.Kind kind, String text) {
    ObjectNode part = part(kind);
    List<String> names = part.properties().stream().map(Map.Entry::getKey).toList();
    if (text.equals(OFF) || text.equals("0") || text.equals("false")) {
      parts().remove(kind.name());
    } else if (!text.equals(ON) && !text.equals("true")) {
      if (names.isEmpty()) {
        throw new IllegalArgumentException(
            "%s=%s is neither on nor off".formatted(kind.name(), text));
      }
      part.set(names.getFirst(), value(part, names.getFirst(), kind.name(), text));
    }
  }

  private JsonNode value(ObjectNode section, String setting, String name, String text) {
    JsonNode old = section.get(setting);
    if (old == null) {
      throw unknown(name);
    }
    if (old.isTextual()) {
      return section.textNode(text);
    }
    if (old.isArray()) {
      ArrayNode words = section.arrayNode();
      Arrays.stream(text.split(",")).forEach(words::add);
      return words;
    }
    try {
      JsonNode parsed = JSON.readTree(text);
      if (parsed != null && (old.isNumber() ? parsed.isNumber() : parsed.isBoolean())) {
        return parsed;
      }
    } catch (JsonProcessingException e) {
      // Said below.
    }
    throw new IllegalArgumentException(
        "%s=%s is no %s".formatted(name, text, old.isNumber() ? "number" : "true or false"));
  }
}
