// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.nextclick.serving.config.InvalidConfigurationException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each way to write a configuration wrongly gets one sentence: file, line, setting, remedy. */
class ConfigurationProblemTest {

  /** The name of a Java class, of an exception, or what Jackson says of its path. */
  private static final Pattern JAVA =
      Pattern.compile("\\b([a-z]+\\.)+[A-Z]|Exception|\\w\\$\\w|through reference chain|\\(class");

  @TempDir Path directory;

  /**
   * A wrong file.
   *
   * @param line where it is wrong; 0 if that is no line
   * @param said what the sentence holds
   */
  private record Case(String yaml, int line, List<String> said) {

    static Case of(String yaml, int line, String... said) {
      return new Case(yaml, line, List.of(said));
    }
  }

  static Stream<Case> wrong() {
    return Stream.of(
        // The wrong type.
        Case.of("ranking:\n  maxLimit: 10\n  deadline: 2\n", 3, "ranking.deadline is 2", "2s"),
        Case.of("ranking: {deadline: soon}\n", 1, "ranking.deadline is soon", "2s"),
        Case.of("kafka: none\nranking:\n  deadline: [2s]\n", 3, "ranking.deadline", "2s"),
        Case.of("requests:\n  maxBody: many\n", 2, "requests.maxBody is many", "4MiB"),
        Case.of("store:\n\n  maxHistory: all\n", 3, "store.maxHistory is all", "whole number"),
        Case.of("store:\n  maxHistory: 2.5\n", 2, "store.maxHistory is 2.5", "whole number"),
        Case.of("store:\n  dedupeWindow:\n", 2, "store.dedupeWindow is empty", "whole number"),
        Case.of("model:\n  shadowShare: much\n", 2, "model.shadowShare is much", "0.5"),
        Case.of(
            "model:\n  backend: gpu\n", 2, "model.backend is gpu", "auto, vector, scalar, onnx"),
        Case.of("kafka:\n  createTopics: maybe\n", 2, "kafka.createTopics", "true or false"),
        Case.of("ranking:\n  excludeActions: purchase\n", 2, "ranking.excludeActions", "[a, b]"),
        Case.of("model:\n  arms: [shop/v1]\n", 2, "model.arms", "{a: b}"),
        Case.of("model:\n  arms: {shop/v1: most}\n", 2, "model.arms.shop/v1 is most", "whole"),
        Case.of("kafka: none\nstore: data\n", 2, "store is data", "{name: value}"),
        Case.of("server:\n  adminConnectors:\n    - type: htp\n", 3, "type is htp", "https"),
        Case.of("server:\n  adminConnectors:\n    - port: 1\n", 3, "lacks its type", "deploy"),
        // Keys.
        Case.of("store:\n  path: x\n  maxHistroy: 5\n", 3, "store.maxHistroy", "maxHistory?"),
        Case.of("kafka: none\nranking: {deadLine: 2s}\n", 2, "ranking.deadLine", "deadline?"),
        Case.of("modle: {active: a/v1}\n", 1, "modle", "model?"),
        Case.of("answers: {zzzzzz: 1}\n", 1, "answers.zzzzzz", "there are", "sample", "window"),
        Case.of("server:\n  adminConnectors:\n    - {type: http, prt: 1}\n", 3, "prt", "port?"),
        Case.of("store: {path: x}\nkafka: none\nstore: {path: y}\n", 0, "store", "1", "3", "twice"),
        Case.of("store:\n  path: x\n  path: y\n", 3, "store.path is set twice", "keep one"),
        // Out of range.
        Case.of("store:\n  maxHistory: 0\n", 2, "store.maxHistory is 0", "greater than"),
        Case.of("kafka: none\nanswers: {sample: 1.5}\n", 2, "answers.sample is 1.5", "less than"),
        Case.of("kafka:\n  port: 99999\n", 2, "kafka.port is 99999", "65535"),
        Case.of("kafka: none\nstore:\n", 2, "store is empty", "leave it out"),
        Case.of("store:\n  path:\n", 2, "store.path is empty"),
        Case.of("requests:\n  maxBody: 3GiB\n", 2, "requests.maxBody is 3GiB", "to 1GiB"),
        Case.of("requests:\n  maxBody: 0B\n", 2, "requests.maxBody is 0B", "from 1B"),
        Case.of("kafka:\n  maxFetch: 4GiB\n", 2, "kafka.maxFetch is 4GiB", "to 1GiB"),
        Case.of("ranking:\n  deadline: 0s\n", 2, "ranking.deadline is 0s", "from 1ms"),
        Case.of("ranking:\n  deadline: 900d\n", 2, "ranking.deadline is 900d", "to 1h"),
        Case.of("answers:\n  window: 0s\n", 2, "answers.window is 0s", "from 1ms"),
        // What only the whole can tell.
        Case.of("ranking:\n  excludeActions: [bought]\n", 2, "ranking.excludeActions", "bought"),
        Case.of("ranking:\n  positiveActions: [bought]\n", 2, "positiveActions", "bought"),
        Case.of("model:\n  active: a/v1\n  arms: {b/v1: 1}\n", 2, "model.active", "not both"),
        Case.of("model:\n  trustedKeys: none.pub\n", 2, "model.trustedKeys", "a list"),
        Case.of("model:\n  trustedKeys: [none.pub]\n", 2, "none.pub: no such file", "the path"),
        Case.of("model:\n  active: A B\n", 2, "model.active", "A B", "NAME/VERSION"),
        Case.of("store:\n  earliest: soon\n", 2, "store.earliest", "soon", "2020-01-31"),
        Case.of("store:\n  earliest: 2200-01-01\n", 2, "store.earliest", "after the latest"),
        Case.of("store:\n  latest: 1890-01-01\n  earliest: 1880-01-01\n", 3, "1970 to 9999"),
        Case.of("store:\n  retention: 5m\n", 2, "store.retention", "from 1 hour to 3650 days"),
        Case.of("store:\n  retention: 4000d\n", 2, "store.retention is 4000d", "0s, or from 1h"),
        Case.of("store:\n  actions: [click, click]\n", 2, "store.actions", "click"),
        Case.of("kafka:\n  servers: a:1\n  client: {foo: 1}\n", 3, "kafka.client", "foo"),
        // Levels of the log.
        Case.of("logging:\n  level: CHATTY\n", 2, "logging.level is CHATTY", "DEBUG"),
        Case.of("logging:\n  loggers:\n    a.b: LOUD\n", 3, "logging.loggers.a.b is LOUD", "WARN"),
        Case.of("logging:\n  loggers:\n    a.b: {level: LOUD}\n", 3, "a.b.level is LOUD", "WARN"),
        Case.of(
            "logging:\n  appenders: [{type: console, threshold: LOUD}]\n", 2, "threshold is LOUD"),
        Case.of("logging:\n  appenders: [{type: smoke}]\n", 2, "smoke", "type", "console"),
        // The environment.
        Case.of("store: {path: x}\nkafka: ${NOBODY_SETS_THIS}\n", 2, "NOBODY_SETS_THIS", ":-"),
        // No YAML.
        Case.of("store:\n  path: [x\nkafka: none\n", 3, "not YAML", "column"),
        Case.of("store:\n\tpath: x\n", 2, "not YAML", "column"),
        Case.of("store: path: x\n", 1, "not YAML", "column"),
        Case.of("", 0, "it is empty", "kafka: none"),
        Case.of("# nothing\n", 0, "it is empty"),
        Case.of("- a\n- b\n", 0, "holds no settings"),
        Case.of("hello\n", 0, "holds no settings"),
        Case.of("\u0000\u0001\u0002", 0, "no text file"));
  }

  @ParameterizedTest
  @MethodSource("wrong")
  void start_wrongFile_saysOneSentence(Case wrong) throws Exception {
    Path file = Files.writeString(directory.resolve("own.yml"), wrong.yaml());

    String message = start(file);

    assertThat(Path.of("data")).doesNotExist(); // before anything is opened
    assertThat(message).startsWith(file.toString()).doesNotContain("\n");
    assertThat(message).contains(wrong.said()).doesNotContainPattern(JAVA);
    if (wrong.line() > 0) {
      assertThat(message).containsPattern("line " + wrong.line() + "\\b");
    }
  }

  @Test
  void start_noFile_isNamed() {
    assertThat(start(directory.resolve("absent.yml"))).contains("absent.yml", "no such");
  }

  @Test
  void start_directory_isNamed() {
    assertThat(start(directory)).contains(directory.toString(), "is a directory");
  }

  private static String start(Path file) {
    InvalidConfigurationException invalid =
        catchThrowableOfType(
            InvalidConfigurationException.class, () -> NextclickServer.start(file).close());
    assertThat(invalid).isNotNull();
    return String.valueOf(invalid.getMessage());
  }
}
