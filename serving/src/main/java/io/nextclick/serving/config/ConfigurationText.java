// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.config;

import io.dropwizard.configuration.ConfigurationSourceProvider;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/**
 * What stands in a configuration file, and where: settings by their paths, such as {@code
 * server.adminConnectors[0].port}. Refuses what the reading of it would let pass.
 */
public final class ConfigurationText {

  /** What Dropwizard takes for a level; YAML reads OFF as false. */
  private static final Set<String> LEVELS =
      Set.of("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "OFF", "ALL", "TRUE", "FALSE");

  private static final Pattern LEVEL =
      Pattern.compile(
          "logging\\.(level|loggers\\.[^\\[]+|appenders\\[\\d+]\\.threshold)"
              + "|server\\.requestLog\\.appenders\\[\\d+]\\.threshold");

  private record Setting(int line, @Nullable String value) {}

  private final Map<String, Setting> settings = new LinkedHashMap<>();

  private ConfigurationText() {}

  /**
   * Reads a file as the service does.
   *
   * @throws IllegalArgumentException if it is empty, is no mapping, or has a key twice
   * @throws org.yaml.snakeyaml.error.MarkedYAMLException if it is not YAML
   */
  public static ConfigurationText read(ConfigurationSourceProvider provider, String path)
      throws IOException {
    try (InputStream in = provider.open(path)) {
      return of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  private static ConfigurationText of(String yaml) {
    Node root = new Yaml(new LoaderOptions()).compose(new StringReader(yaml));
    if (root == null) {
      throw new IllegalArgumentException(
          "it is empty; leave it out to run on the defaults, or give it a setting, such as kafka:"
              + " none");
    }
    if (!(root instanceof MappingNode)) {
      throw new IllegalArgumentException(
          "it holds no settings; it takes one per line, such as kafka: none");
    }
    ConfigurationText text = new ConfigurationText();
    text.add("", root);
    return text;
  }

  private void add(String path, Node node) {
    switch (node) {
      case MappingNode mapping -> {
        for (NodeTuple entry : mapping.getValue()) {
          String key = entry.getKeyNode() instanceof ScalarNode name ? name.getValue() : "?";
          add(path.isEmpty() ? key : path + "." + key, entry.getKeyNode(), entry.getValueNode());
        }
      }
      case SequenceNode sequence -> {
        List<Node> elements = sequence.getValue();
        for (int i = 0; i < elements.size(); i++) {
          add(path + "[" + i + "]", elements.get(i), elements.get(i));
        }
      }
      default -> {}
    }
  }

  private void add(String path, Node key, Node value) {
    int line = key.getStartMark().getLine() + 1;
    Setting setting =
        new Setting(line, value instanceof ScalarNode scalar ? scalar.getValue() : null);
    Setting before = settings.put(path, setting);
    if (before != null) {
      throw new IllegalArgumentException(
          "%s is set twice, in line %d and in line %d; keep one"
              .formatted(path, before.line(), line));
    }
    add(path, value);
  }

  /**
   * Refuses a level that the log would silently take for another.
   *
   * @throws IllegalArgumentException naming the setting
   */
  public void checkLevels() {
    settings.forEach((path, setting) -> {
      String value = setting.value();
      boolean level =
          LEVEL.matcher(path).matches()
              && !path.endsWith(".additive")
              && !path.contains(".appenders.");
      if (level && value != null && !LEVELS.contains(value.toUpperCase(Locale.ROOT))) {
        throw new IllegalArgumentException(
            path
                + " is "
                + value
                + ", which is no level; take TRACE, DEBUG, INFO, WARN, ERROR or OFF");
      }
    });
  }

  /** The line of a setting, else of the section that it would stand in; 0 if neither is there. */
  int line(String path) {
    String at = path;
    while (!at.isEmpty()) {
      Setting setting = settings.get(at);
      if (setting != null) {
        return setting.line();
      }
      at = at.substring(0, Math.max(0, Math.max(at.lastIndexOf('.'), at.lastIndexOf('['))));
    }
    return 0;
  }

  /** What a setting is set to; null if it is not there, or not a single value. */
  @Nullable String value(String path) {
    Setting setting = settings.get(path);
    return setting == null ? null : setting.value();
  }

  /** The setting that a message begins with; empty if it names none of this file. */
  String settingOf(String message) {
    String path = message.split("[:=\\s]", 2)[0];
    return line(path) > 0 ? path : "";
  }
}
