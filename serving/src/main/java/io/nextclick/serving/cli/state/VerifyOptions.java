// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.state;

import io.nextclick.ingest.log.TopicLogReader;
import io.nextclick.model.Scorer;
import io.nextclick.model.bundle.Backend;
import io.nextclick.serving.answer.AnswerLogReader;
import io.nextclick.serving.answer.AnswerProof;
import io.nextclick.serving.answer.LoggedAnswer;
import io.nextclick.serving.answer.ProofReport;
import io.nextclick.serving.answer.UserKey;
import io.nextclick.serving.answer.Verdict;
import io.nextclick.serving.cli.model.OpenModels;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.LogSurvey;
import io.nextclick.serving.cli.option.Preflight;
import io.nextclick.serving.cli.option.RefusedOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** The options of {@code replay --verify}: making logged answers again. */
final class VerifyOptions {

  @Option(
      names = "--verify",
      paramLabel = "RANKINGS",
      description = {
        "Makes the answers of a service again and compares them: a directory of answers, or a"
            + " file.",
        "Exit status 0 only if all of them are equal."
      })
  private @Nullable Path rankings;

  @Option(
      names = "--events",
      paramLabel = "LOG",
      description = "To verify: the topics as nextclick export writes them.")
  private @Nullable Path events;

  @Option(
      names = "--models",
      paramLabel = "DIR",
      defaultValue = "data/models",
      description = "To verify: bundles as NAME/VERSION. Default: ${DEFAULT-VALUE}.")
  private Path models = Path.of("");

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "To verify: a model to compare with what was shown, on the same requests.")
  private @Nullable Path other;

  @Option(
      names = "--user-key",
      paramLabel = "FILE",
      defaultValue = "data/user.key",
      description =
          "To verify: the key that names users in the answers. Default: ${DEFAULT-VALUE}.")
  private Path userKey = Path.of("");

  @Option(
      names = "--backend",
      defaultValue = "AUTO",
      description = "To verify: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
  private Backend backend = Backend.AUTO;

  @Option(
      names = "--tolerance",
      defaultValue = "1e-5",
      description =
          "To verify: how far scores (relative, above 1) and probabilities of equal answers may be"
              + " apart. Default: ${DEFAULT-VALUE}.")
  private double tolerance;

  @Option(
      names = "--known-hash",
      paramLabel = "HASH",
      description =
          "To verify: a last hash that an earlier report printed. Nothing up to it was changed, if"
              + " it is still in the answers.")
  private @Nullable String known;

  @Option(
      names = "--click",
      paramLabel = "ACTION",
      defaultValue = "click",
      description = "To verify: the action that is a click. Default: ${DEFAULT-VALUE}.")
  private String click = "";

  @Option(
      names = "--window",
      paramLabel = "DURATION",
      defaultValue = "PT30M",
      description =
          "To verify: how long after an answer a click belongs to it. Default: ${DEFAULT-VALUE}.")
  private Duration window = Duration.ZERO;

  @Option(
      names = "--show",
      paramLabel = "N",
      defaultValue = "20",
      description = "To verify: unequal answers to name, at most. Default: ${DEFAULT-VALUE}.")
  private int show;

  /** Whether answers are to be verified. */
  boolean asked() {
    return rankings != null;
  }

  /**
   * Verifies.
   *
   * @return the exit status: 0 if all answers are equal, else 1
   */
  int run(CommandLine command, RefusedOptions refused) throws CommandFailed, IOException {
    PrintWriter out = command.getOut();
    if (rankings == null || events == null) {
      throw new CommandFailed("--verify needs --events: write them with nextclick export");
    }
    if (!Files.exists(rankings)) {
      throw new CommandFailed(
          rankings
              + ": no such file or directory; a service writes them where answers.directory says");
    }
    knownHash();
    Preflight.input(events, "write one with nextclick export");
    if (!TopicLogReader.isTopicLog(events)) {
      throw new CommandFailed(events + ": is no log of topics; write one with nextclick export");
    }
    Preflight.inputDirectory(models, "give the --models of the service that answered");
    AnswerLogReader.open(rankings);
    LogSurvey survey = LogSurvey.of(events, refused, command.getErr(), event -> {});
    UserKey key = Files.exists(userKey) ? UserKey.read(userKey) : null;
    AnswerProof.Settings settings =
        new AnswerProof.Settings(
            events, models, backend, key, tolerance, knownHash(), click, window);
    long[] named = new long[1];
    try (OpenModels others = OpenModels.open(other == null ? List.of() : List.of(other), backend)) {
      Scorer scorer = other == null ? null : others.scorers().getFirst();
      ProofReport report =
          AnswerProof.run(
              rankings,
              settings,
              scorer,
              (answer, verdict) -> {
                if (named[0]++ < show) {
                  name(out, answer, verdict);
                }
              });
      if (named[0] > show) {
        out.printf("... and %,d more; --show N names N of them%n", named[0] - show);
      }
      out.printf("%s: %s%n", events, survey.summary());
      report.print(out, scorer == null ? null : scorer.name());
      return report.proven() ? 0 : 1;
    }
  }

  private @Nullable String knownHash() throws CommandFailed {
    String hash = known == null ? null : known.strip().toLowerCase(Locale.ROOT);
    if (hash != null && !hash.matches("[0-9a-f]{64}")) {
      throw new CommandFailed(
          "--known-hash: has 64 hexadecimal digits, as the last line of the log's part of an"
              + " earlier report");
    }
    return hash;
  }

  private static void name(PrintWriter out, LoggedAnswer answer, Verdict verdict) {
    out.printf(
        "%s by %s/%s %s: %s%n",
        answer.request(),
        answer.model().name(),
        answer.model().version(),
        verdict.distance() > 0
            ? "differs by %.2e".formatted(verdict.distance())
            : verdict.outcome().name().toLowerCase(Locale.ROOT).replace('_', ' '),
        verdict.why());
  }
}
