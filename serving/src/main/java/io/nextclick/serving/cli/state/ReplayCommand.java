// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.state;

import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.ingest.kafka.client.EventPublisher;
import io.nextclick.ingest.kafka.client.KafkaSettings;
import io.nextclick.ingest.log.TopicLogReader;
import io.nextclick.ingest.replay.KafkaReplay;
import io.nextclick.ingest.replay.ReplayProgress;
import io.nextclick.ingest.replay.ReplaySpeed;
import io.nextclick.ingest.replay.StoreReplay;
import io.nextclick.ingest.replay.TopicReplay;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.KafkaOptions;
import io.nextclick.serving.cli.option.LogSurvey;
import io.nextclick.serving.cli.option.Preflight;
import io.nextclick.serving.cli.option.RefusedOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code replay}: sends a log file to Kafka, or folds it straight into a store. */
@Command(
    name = "replay",
    description =
        "Sends an event log to Kafka, folds it straight into a store, or proves logged answers.",
    mixinStandardHelpOptions = true,
    footerHeading = "%nA replay that was interrupted goes on where it was.%n%nExamples:%n",
    footer = {
      "  nextclick replay events.jsonl.gz --to store --store data/store",
      "  nextclick replay events.jsonl.gz --to kafka --kafka localhost:9092 --speed 60x",
      "  nextclick replay --verify data/answers --events topics.jsonl.zst \\",
      "      --models data/models"
    })
public final class ReplayCommand implements Callable<Integer> {

  private static final long REPORT_NANOS = 1_000_000_000L;

  /** Where the events go. */
  enum Target {
    KAFKA,
    STORE
  }

  @Parameters(
      arity = "0..1",
      paramLabel = "LOG",
      description =
          "Event log, or to a store what nextclick export wrote: .jsonl, .jsonl.gz or .jsonl.zst.")
  private @Nullable Path given;

  @Option(names = "--to", paramLabel = "kafka|store", description = "Where the events go.")
  private @Nullable Target target;

  @Option(
      names = "--speed",
      paramLabel = "max|Nx",
      defaultValue = "max",
      description = "To Kafka: N times the log's own pace. Default: ${DEFAULT-VALUE}.")
  private String speed = "";

  @Option(
      names = "--mark",
      paramLabel = "FILE",
      description = "To Kafka: where the number of sent lines is kept. Default: LOG.replayed.")
  private @Nullable Path mark;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "To a store: the name of this source. Default: the file's name.")
  private @Nullable String name;

  @Option(
      names = "--forget-as",
      paramLabel = "DIR",
      description = {
        "To a new store: another store, not running, or a checkpoint, whose erased users stay"
            + " forgotten."
      })
  private @Nullable Path forgetAs;

  @Option(
      names = "--forget-nobody",
      description =
          "To a new store from an exported log, in place of --forget-as: only the erase requests of"
              + " the log count.")
  private boolean forgetNobody;

  @Mixin private KafkaOptions kafka = new KafkaOptions();
  @Mixin private StoreOptions store = new StoreOptions();
  @Mixin private VerifyOptions verify = new VerifyOptions();
  @Mixin private RefusedOptions refused = new RefusedOptions();
  @Spec private CommandSpec spec = CommandSpec.create();

  private long lastReport = System.nanoTime();

  @Override
  public Integer call() throws CommandFailed, InterruptedException {
    try {
      if (verify.asked()) {
        return verify.run(spec.commandLine(), refused);
      }
      Path log = given;
      if (log == null || target == null) {
        throw new ParameterException(
            spec.commandLine(), "Missing: LOG and --to kafka|store, or --verify RANKINGS");
      }
      return target == Target.KAFKA ? toKafka(log) : toStore(log);
    } catch (IOException | IllegalArgumentException e) {
      throw new CommandFailed(String.valueOf(e.getMessage()), e);
    }
  }

  private int toKafka(Path log) throws CommandFailed, IOException, InterruptedException {
    KafkaSettings settings = kafka.settings();
    ReplaySpeed pace = ReplaySpeed.parse(speed);
    Path markFile = mark != null ? mark : Path.of(log + ".replayed");
    Preflight.output(markFile);
    Preflight.log(log);
    LogSurvey survey = survey(log);
    try (EventPublisher publisher = EventPublisher.open(settings)) {
      ReplayProgress end = new KafkaReplay(publisher, pace, this::report).run(log, markFile);
      return done(survey, log, "Sent", end, settings.eventsTopic());
    }
  }

  private int toStore(Path log) throws CommandFailed, IOException {
    if (forgetAs != null) {
      Preflight.store(forgetAs);
    }
    Preflight.anyLog(log);
    Preflight.outputDirectory(store.directory());
    requireWhomToForget(log);
    LogSurvey survey = survey(log);
    Preflight.space(store.directory(), survey.bytes());
    String source = name != null ? name : String.valueOf(log.getFileName());
    try (RocksDbSequenceStore folded = store.open()) {
      if (forgetAs != null && folded.partitions().isEmpty()) {
        folded.copyErasuresFrom(forgetAs);
      }
      ReplayProgress end =
          TopicLogReader.isTopicLog(log)
              ? new TopicReplay(folded, this::report).run(log)
              : new StoreReplay(folded, this::report).run(log, source);
      folded.sync();
      tellOfExpired(folded);
      if (!folded.hasCopiedErasures() && !forgetNobody) {
        err("Nobody but the log's own erase requests was asked whom to forget: see --forget-as.");
      }
      return done(survey, log, "Folded", end, store.directory().toString());
    }
  }

  /** One event from far ahead would leave out all the others. */
  private void tellOfExpired(RocksDbSequenceStore folded) {
    long expired =
        folded.partitions().values().stream().mapToLong(state -> state.counters().expired()).sum();
    if (expired > 0) {
      err(
          "%,d records of the store's logs were left out: newer ones came before them, by more than the retention of %s."
              .formatted(expired, folded.settings().retention()));
    }
  }

  /** An exported log is an archive: whoever was erased since it was written would be back. */
  private void requireWhomToForget(Path log) throws CommandFailed, IOException {
    boolean begun = Files.exists(store.directory().resolve("CURRENT"));
    if (!begun && forgetAs == null && !forgetNobody && TopicLogReader.isTopicLog(log)) {
      throw new CommandFailed(
          log
              + ": may hold users who were erased since. Give a checkpoint of the service with"
              + " --forget-as, or --forget-nobody where nobody was");
    }
  }

  private void err(String line) {
    PrintWriter err = spec.commandLine().getErr();
    err.println(line);
    err.flush();
  }

  private LogSurvey survey(Path log) throws CommandFailed, IOException {
    return LogSurvey.of(log, refused, spec.commandLine().getErr(), event -> {});
  }

  private void report(ReplayProgress progress) {
    if (System.nanoTime() - lastReport < REPORT_NANOS) {
      return;
    }
    lastReport = System.nanoTime();
    PrintWriter err = spec.commandLine().getErr();
    err.printf(
        "%3d %%  %,d lines, %,.0f per second%n",
        100 * progress.bytesRead() / Math.max(1, progress.size()),
        progress.lines(),
        progress.linesPerSecond());
    err.flush();
  }

  private int done(LogSurvey survey, Path log, String verb, ReplayProgress end, String where) {
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        "%s %,d lines of %s to %s in %.1f s, %,.0f per second; %,d were done before, %,d are no"
            + " events; the log has %s%n",
        verb,
        end.lines() - end.skipped(),
        log,
        where,
        end.seconds(),
        end.linesPerSecond(),
        end.skipped(),
        end.refused(),
        survey.summary());
    out.flush();
    return 0;
  }
}
