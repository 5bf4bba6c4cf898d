// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.option;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.nextclick.features.event.FieldNames;
import io.nextclick.features.mapping.EventMapping;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option that names a file with a mapping. */
public final class MappingOptions {

  private static final YAMLMapper YAML =
      YAMLMapper.builder().enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS).build();

  @Option(
      names = "--mapping",
      paramLabel = "FILE",
      description =
          "A YAML file, or a service's configuration, that says where the parts of an event stand"
              + " in records of another shape. Default: they are events.")
  private @Nullable Path file;

  /** Whether one is named. */
  public boolean isGiven() {
    return file != null;
  }

  /**
   * The mapping; null if none is named.
   *
   * @throws CommandFailed if the file cannot be read or is no mapping
   */
  public @Nullable EventMapping read() throws CommandFailed {
    if (file == null) {
      return null;
    }
    Preflight.input(file, "docs/mapping.md has examples");
    try {
      JsonNode tree = YAML.readTree(file.toFile());
      JsonNode mapping = tree.has("events") ? tree.at("/events/mapping") : tree;
      if (!mapping.isObject()) {
        throw new CommandFailed(
            "--mapping=%s: no mapping; its fields stand at the top, or under events.mapping"
                .formatted(file));
      }
      requireKnown(mapping);
      return YAML.treeToValue(mapping, EventMapping.class);
    } catch (JsonProcessingException e) {
      Throwable cause = e.getCause() instanceof IllegalArgumentException why ? why : e;
      String message = String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
      throw new CommandFailed(
          "--mapping=%s: %s; docs/mapping.md has examples"
              .formatted(file, message.replaceFirst("^[\\w.]+Exception: ", "")),
          e);
    } catch (IOException e) {
      throw new CommandFailed("--mapping: " + Faults.sentence(e), e);
    }
  }

  /** Before anything is missed that stands there under another name. */
  private void requireKnown(JsonNode mapping) throws CommandFailed {
    List<String> known =
        Arrays.stream(EventMapping.class.getRecordComponents())
            .map(RecordComponent::getName)
            .toList();
    for (Map.Entry<String, JsonNode> field : mapping.properties()) {
      String name = field.getKey();
      if (!known.contains(name)) {
        throw new CommandFailed(
            "--mapping=%s: a mapping has no field %s%s"
                .formatted(file, FieldNames.shown(name), FieldNames.suggestion(name, known)));
      }
    }
  }
}
