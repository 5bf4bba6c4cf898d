// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.InvalidTypeIdException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import io.dropwizard.configuration.ConfigurationSourceProvider;
import io.dropwizard.configuration.ConfigurationValidationException;
import io.dropwizard.configuration.UndefinedEnvironmentVariableException;
import io.dropwizard.util.DataSize;
import io.dropwizard.util.Duration;
import jakarta.validation.ConstraintViolation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.commons.text.similarity.LevenshteinDistance;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;

/** What is wrong with a configuration file: one sentence with the file, the line and the remedy. */
public final class ConfigurationProblem {

  private static final Pattern VARIABLE = Pattern.compile("'(\\w+)'");
  private static final Pattern KNOWN_TYPES = Pattern.compile("known type ids = \\[([^]]*)]");

  /** So many letters of a key may be wrong for another to be suggested. */
  private static final int NEAR = 4;

  private static final LevenshteinDistance DISTANCE = LevenshteinDistance.getDefaultInstance();

  private final String file;
  private final @Nullable ConfigurationText text;

  private ConfigurationProblem(String file, @Nullable ConfigurationText text) {
    this.file = file;
    this.text = text;
  }

  /**
   * Says what kept the file from being read, or its settings from being used.
   *
   * @param file null for the defaults, with what system properties say
   */
  public static String describe(
      @Nullable Path file, ConfigurationSourceProvider provider, Exception e) {
    ConfigurationText text = null;
    try {
      text = file == null ? null : ConfigurationText.read(provider, file.toString());
    } catch (IOException | RuntimeException unreadable) {
      // That is what will be described, without lines.
    }
    return new ConfigurationProblem(file == null ? "-Ddw" : file.toString(), text).describe(e);
  }

  private String describe(Exception e) {
    if (e instanceof ConfigurationValidationException invalid) {
      return invalid.getConstraintViolations().stream()
          .sorted(Comparator.comparing(violation -> violation.getPropertyPath().toString()))
          .map(this::outOfRange)
          .collect(Collectors.joining("; "));
    }
    if (e instanceof UndefinedEnvironmentVariableException) {
      return variable(String.valueOf(e.getMessage()));
    }
    if (e instanceof YAMLException yaml) {
      return notYaml(yaml);
    }
    Throwable cause = e.getCause();
    if (cause instanceof JsonMappingException mapping) {
      return wrongType(path(mapping), mapping);
    }
    if (cause instanceof JsonProcessingException json) {
      return "%s, line %d: this is not YAML: %s"
          .formatted(
              file, json.getLocation() == null ? 0 : json.getLocation().getLineNr(), first(json));
    }
    String message = String.valueOf(e.getMessage());
    return at(text == null ? "" : text.settingOf(message)) + " " + message;
  }

  private static String first(JsonProcessingException e) {
    return e.getOriginalMessage().lines().findFirst().orElse("");
  }

  /** The place of a setting, to begin a sentence with. */
  private String at(String path) {
    int line = text == null ? 0 : text.line(path);
    return line == 0 ? file + ":" : file + ", line " + line + ":";
  }

  private String outOfRange(ConstraintViolation<?> violation) {
    String path = violation.getPropertyPath().toString();
    Object value = violation.getInvalidValue();
    String written = text == null ? null : text.value(path);
    String is = written == null ? String.valueOf(value) : written;
    return value == null || is.isEmpty()
        ? "%s %s is empty; give it a value, or leave it out".formatted(at(path), path)
        : "%s %s is %s, but %s".formatted(at(path), path, is, violation.getMessage());
  }

  private String variable(String message) {
    Matcher named = VARIABLE.matcher(message);
    String name = named.find() ? named.group(1) : "?";
    int line = 0;
    try {
      List<String> lines = Files.readAllLines(Path.of(file));
      while (line < lines.size() && !lines.get(line).contains("${" + name)) {
        line++;
      }
    } catch (IOException unreadable) {
      line = 0;
    }
    return "%s, line %d: the environment variable %s is not set; set it, or write a default: ${%s:-value}"
        .formatted(file, line + 1, name, name);
  }

  private String notYaml(YAMLException e) {
    Mark mark = e instanceof MarkedYAMLException marked ? marked.getProblemMark() : null;
    if (!(e instanceof MarkedYAMLException marked) || mark == null) {
      return file + ": it is no text file: it has bytes that YAML does not allow";
    }
    return "%s, line %d, column %d: this is not YAML: %s; look at the colons, quotes, brackets and indentation there"
        .formatted(file, mark.getLine() + 1, mark.getColumn() + 1, marked.getProblem());
  }

  private static String path(JsonMappingException e) {
    StringBuilder path = new StringBuilder();
    for (JsonMappingException.Reference step : e.getPath()) {
      if (step.getFieldName() == null) {
        path.append('[').append(step.getIndex()).append(']');
      } else {
        path.append(path.isEmpty() ? "" : ".").append(step.getFieldName());
      }
    }
    return path.toString();
  }

  private String wrongType(String path, JsonMappingException e) {
    if (e instanceof UnrecognizedPropertyException unknown) {
      return at(path) + " there is no setting " + path + "; " + known(unknown);
    }
    if (e instanceof InvalidTypeIdException type) {
      Matcher known = KNOWN_TYPES.matcher(type.getOriginalMessage());
      return type.getTypeId() == null || !known.find()
          ? "%s %s lacks its type; deploy/nextclick.yml shows one".formatted(at(path), path)
          : "%s %s.type is %s, which is none; take %s"
              .formatted(at(path), path, type.getTypeId(), known.group(1));
    }
    String value = text == null ? null : text.value(path);
    String is = value == null ? "is none" : value.isEmpty() ? "is empty" : "is " + value;
    return "%s %s %s; it takes %s".formatted(at(path), path, is, expected(type(e)));
  }

  private static Class<?> type(JsonMappingException e) {
    if (e instanceof ValueInstantiationException value) {
      return value.getType().getRawClass();
    }
    return e instanceof MismatchedInputException mismatch && mismatch.getTargetType() != null
        ? mismatch.getTargetType()
        : Object.class;
  }

  private static String known(UnrecognizedPropertyException e) {
    String unknown = e.getPropertyName();
    List<String> names = e.getKnownPropertyIds().stream().map(String::valueOf).sorted().toList();
    return names.stream()
        .filter(name -> DISTANCE.apply(unknown, name) <= Math.min(NEAR, unknown.length() / 2))
        .min(Comparator.comparingInt(name -> DISTANCE.apply(unknown, name)))
        .map(name -> "did you mean " + name + "?")
        .orElse("there are " + String.join(", ", names));
  }

  /** What a type takes, with an example. */
  private static String expected(Class<?> type) {
    if (type.isEnum()) {
      return Arrays.stream(type.getEnumConstants())
          .map(constant -> constant.toString().toLowerCase(Locale.ROOT))
          .collect(Collectors.joining(", ", "one of ", ""));
    }
    if (type == Duration.class) {
      return "a time with its unit, such as 2s or 100ms";
    }
    if (type == DataSize.class) {
      return "a size with its unit, such as 4MiB";
    }
    if (type == boolean.class || type == Boolean.class) {
      return "true or false";
    }
    if (type == double.class || type == Double.class) {
      return "a number, such as 0.5";
    }
    if (type.isPrimitive() || Number.class.isAssignableFrom(type)) {
      return "a whole number, such as 10";
    }
    if (Collection.class.isAssignableFrom(type)) {
      return "a list, such as [a, b]";
    }
    if (Map.class.isAssignableFrom(type)) {
      return "names with values, such as {a: b}";
    }
    return type == String.class || type == Path.class
        ? "one word or a text in quotation marks"
        : "settings of its own, one per line below it, or in braces: {name: value}";
  }
}
