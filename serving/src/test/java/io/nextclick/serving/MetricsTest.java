// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The rules of Prometheus for names, types and help, on everything that a running service exposes.
 * {@code promtool check metrics} checks the same in docs/operations.md, where it is installed.
 */
class MetricsTest {

  private static final Pattern SAMPLE = Pattern.compile("([a-zA-Z0-9_:]+)(?:\\{.*})? \\S+");
  private static final Pattern NAME =
      Pattern.compile("(nextclick|jvm|process)(_[a-z]+)+(_total|_info)?");

  /** What an object, a lambda or a class prints of itself: other with every start. */
  private static final Pattern UNSTABLE = Pattern.compile("\\$\\$|@[0-9a-f]{4,}|Lambda|\\bio\\.");

  /** Only base units: seconds, bytes, ratios. */
  private static final Set<String> OTHER_UNITS =
      Set.of(
          "millis",
          "milliseconds",
          "ms",
          "micros",
          "nanos",
          "minutes",
          "hours",
          "days",
          "percent",
          "kilobytes",
          "megabytes",
          "gigabytes",
          "kb",
          "mb",
          "gb",
          "kib",
          "mib",
          "bits");

  /** Endings that a histogram or a summary adds. */
  private static final List<String> PARTS = List.of("_bucket", "_count", "_sum");

  @TempDir Path directory;

  private record Family(String name, String type, String help) {}

  @Test
  void metrics_everyName_keepsTheRules() throws Exception {
    try (RunningService service = RunningService.start(directory, "kafka: none")) {
      service.post(
          "/v1/rank",
          "{\"user\":\"ann\",\"candidates\":[\"x\",{\"item\":\"y\",\"fields\":{\"price\":1}}]}");
      String text = service.admin("/metrics").body();
      Map<String, Family> families = families(text);

      families.values().forEach(MetricsTest::assertRules);
      text.lines()
          .filter(line -> !line.startsWith("#"))
          .forEach(line -> assertThat(families).as(line).containsKey(family(line, families)));
      assertThat(families)
          .containsKeys("nextclick_rank_seconds", "jvm_memory_used_bytes", "process_open_fds");
      assertThat(text)
          .contains(
              "nextclick_build_info{version=\"" + Version.current() + "\"} 1",
              "nextclick_http_responses_total{status=\"2xx\"} 1.0",
              "nextclick_http_threads{port=\"admin\"}",
              "nextclick_log_lines_total{level=\"error\"} 0.0",
              "nextclick_audit_lost_total 0.0",
              "nextclick_fold_records_total{verdict=\"applied\"} 0.0",
              "nextclick_fold_records_total{verdict=\"expired\"} 0.0",
              "nextclick_retention_dropped_users_total 0.0",
              "nextclick_rank_fallbacks_total{reason=\"no-model\"} 1.0",
              "nextclick_rank_fields_total{state=\"unread\"} 1.0",
              "nextclick_rank_fields_total{state=\"missing\"} 0.0",
              "nextclick_ingest_state{state=\"stopped\"} 1.0")
          .doesNotContain("nextclick_http_threads{port=\"admin\"} NaN");
    }
  }

  private static void assertRules(Family family) {
    assertThat(family.help()).as(family.name()).isNotBlank().doesNotContainPattern(UNSTABLE);
    assertThat(family.name()).matches(NAME);
    assertThat(family.name().endsWith("_total"))
        .as(family.name() + " is a " + family.type())
        .isEqualTo(family.type().equals("counter"));
    assertThat(List.of(family.name().split("_"))).doesNotContainAnyElementsOf(OTHER_UNITS);
    assertThat(family.type()).as(family.name()).isNotEqualTo("untyped");
  }

  /** The family of a sample: its name, or that without the ending of a histogram's part. */
  private static String family(String line, Map<String, Family> families) {
    Matcher sample = SAMPLE.matcher(line);
    assertThat(sample.matches()).as(line).isTrue();
    String name = sample.group(1);
    for (String part : PARTS) {
      String whole = name.substring(0, Math.max(0, name.length() - part.length()));
      if (name.endsWith(part) && families.containsKey(whole)) {
        return whole;
      }
    }
    return name;
  }

  private static Map<String, Family> families(String text) {
    Map<String, String> help = new LinkedHashMap<>();
    Map<String, Family> families = new LinkedHashMap<>();
    for (String line : text.lines().toList()) {
      String[] words = line.split(" ", 4);
      if (line.startsWith("# HELP ")) {
        help.put(words[2], words[3]);
      } else if (line.startsWith("# TYPE ")) {
        families.put(words[2], new Family(words[2], words[3], help.getOrDefault(words[2], "")));
      }
    }
    return families;
  }
}
