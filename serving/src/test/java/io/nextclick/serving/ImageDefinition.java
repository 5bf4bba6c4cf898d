// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The instructions of {@code deploy/Dockerfile}, as far as the application has to agree to them.
 */
record ImageDefinition(List<String> instructions) {

  private static final Pattern ENVIRONMENT = Pattern.compile("(\\w+)=(\\S+)");

  static ImageDefinition read(Path dockerfile) throws IOException {
    String text = Files.readString(dockerfile).replaceAll("(?m)^#.*\n", "");
    return new ImageDefinition(
        Arrays.stream(text.replaceAll("\\\\\n\\s*", "").split("\n"))
            .filter(line -> !line.isBlank())
            .toList());
  }

  /** What follows the last instruction of a name. */
  String last(String name) {
    return instructions.stream()
        .filter(line -> line.startsWith(name + " "))
        .reduce((first, second) -> second)
        .orElseThrow()
        .substring(name.length() + 1);
  }

  /** The words of the last instruction of a name, in its form as a JSON list. */
  List<String> words(String name) throws IOException {
    String list = last(name).replaceFirst("^[^\\[]*", "");
    return new ObjectMapper().readValue(list, new TypeReference<>() {});
  }

  Map<String, String> environment() {
    return ENVIRONMENT
        .matcher(last("ENV"))
        .results()
        .collect(Collectors.toMap(found -> found.group(1), found -> found.group(2)));
  }

  /** What the first group of a pattern matches anywhere. */
  String find(String pattern) {
    Matcher found = Pattern.compile(pattern).matcher(String.join("\n", instructions));
    if (!found.find()) {
      throw new AssertionError("the Dockerfile has no " + pattern);
    }
    return found.group(1);
  }
}
