// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.dropwizard.core.Configuration;
import io.dropwizard.util.DataSize;
import io.dropwizard.util.DataSizeUnit;
import io.dropwizard.util.Duration;
import io.dropwizard.validation.DataSizeRange;
import io.dropwizard.validation.DurationRange;
import io.dropwizard.validation.MinDataSize;
import io.nextclick.features.event.PlausibleTimes;
import io.nextclick.features.mapping.EventMapping;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.store.StoreFiles;
import io.nextclick.ingest.kafka.IngestSettings;
import io.nextclick.ingest.kafka.KafkaSettings;
import io.nextclick.ingest.log.RotatingLog;
import io.nextclick.model.baseline.PositiveActions;
import io.nextclick.model.bundle.Backend;
import io.nextclick.model.bundle.MalformedBundleException;
import io.nextclick.model.bundle.ModelBundle;
import io.nextclick.model.encoder.EncodedHistoryCache;
import io.nextclick.serving.admission.AdmissionGate;
import io.nextclick.serving.admission.MemoryBudget;
import io.nextclick.serving.answer.AnswerLog;
import io.nextclick.serving.answer.ClickJoin;
import io.nextclick.serving.answer.RequestSample;
import io.nextclick.serving.answer.UserKey;
import io.nextclick.serving.models.LoadedModel;
import io.nextclick.serving.models.RoutingFile;
import io.nextclick.serving.models.RoutingPlan;
import io.nextclick.serving.rank.RankingLimits;
import io.nextclick.serving.state.Checkpoints;
import io.nextclick.serving.state.EmbeddedLog;
import io.nextclick.serving.state.LogSource;
import jakarta.validation.Valid;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.NotNull;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Every setting of the service, with a default that works on a laptop; {@code deploy/nextclick.yml}
 * explains each. The sections {@code server}, {@code logging}, {@code admin} and {@code metrics}
 * are Dropwizard's; {@link Hardening} closes what their defaults leave open.
 */
public final class NextclickConfiguration extends Configuration {

  // Bounds of times, in milliseconds, and of sizes, in bytes.
  private static final long HOUR = 3_600_000;
  private static final long DAY = 24 * HOUR;
  private static final long YEARS = 3_650 * DAY;
  private static final long KIB = 1L << 10;
  private static final long GIB = 1L << 30;

  @Valid @NotNull @JsonProperty Store store = new Store();
  @Valid @NotNull @JsonProperty Kafka kafka = new Kafka();
  @Valid @NotNull @JsonProperty Events events = new Events();
  @Valid @NotNull @JsonProperty Ranking ranking = new Ranking();
  @Valid @NotNull @JsonProperty Model model = new Model();
  @Valid @NotNull @JsonProperty Requests requests = new Requests();
  @Valid @NotNull @JsonProperty Answers answers = new Answers();

  /** Where sequences are kept, and how events are folded into them. */
  public static final class Store {
    @NotNull @JsonProperty Path path = Path.of("data", "store");

    @Min(1)
    @Max(65_536)
    @JsonProperty
    int maxHistory = FoldSettings.DEFAULT.maxHistory();

    @Min(0)
    @Max(65_536)
    @JsonProperty
    int dedupeWindow = FoldSettings.DEFAULT.dedupeWindow();

    @NotNull
    @DurationRange(
        min = 0,
        max = YEARS,
        unit = TimeUnit.MILLISECONDS,
        message = "must be from 0s to 3650d")
    @JsonProperty
    Duration maxFuture = Duration.hours(1);

    @NotEmpty @JsonProperty String earliest = "1990-01-01";
    @NotEmpty @JsonProperty String latest = "2100-01-01";

    @NotEmpty @JsonProperty List<String> actions = FoldSettings.DEFAULT.actions();

    @NotNull
    @DurationRange(
        min = 1,
        max = DAY,
        unit = TimeUnit.MILLISECONDS,
        message = "must be from 1ms to 1d")
    @JsonProperty
    Duration syncInterval = Duration.seconds(5);

    @NotNull
    @MinDataSize(value = 0, message = "must not be negative")
    @JsonProperty
    DataSize minFreeSpace = DataSize.mebibytes(512);

    @JsonProperty @Nullable Path checkpoints;

    @NotNull
    @DurationRange(
        min = 0,
        max = YEARS,
        unit = TimeUnit.MILLISECONDS,
        message = "must be from 0s to 3650d")
    @JsonProperty
    Duration checkpointEvery = Duration.seconds(0);

    @Min(1)
    @Max(1_000)
    @JsonProperty
    int keepCheckpoints = 2;

    /** What lies beside the store; each store has its own. */
    StoreFiles files() throws IOException {
      return StoreFiles.of(path);
    }

    Checkpoints.Settings checkpoints() throws IOException {
      return new Checkpoints.Settings(
          checkpoints == null ? files().resolve("checkpoints") : checkpoints,
          checkpointEvery.toJavaDuration(),
          keepCheckpoints);
    }

    FoldSettings fold() {
      Instant first = checked("store.earliest", () -> PlausibleTimes.bound(earliest));
      Instant last = checked("store.latest", () -> PlausibleTimes.bound(latest));
      FoldSettings settings =
          checked(
              "store.actions",
              () ->
                  new FoldSettings(maxHistory, dedupeWindow, maxFuture.toMilliseconds(), actions));
      return checked(
          "store.earliest and store.latest",
          () -> settings.withTimes(new PlausibleTimes(first, last)));
    }

    IngestSettings ingest() throws IOException {
      return new IngestSettings(
          files().directory("ingest"), syncInterval.toJavaDuration(), minFreeSpace.toBytes());
    }
  }

  /** Where events come from. {@code kafka: embedded} is short for {@code kafka.servers}. */
  public static final class Kafka {
    static final String EMBEDDED = "embedded";
    static final String NONE = "none";

    @NotEmpty @JsonProperty String servers = EMBEDDED;
    @NotNull @JsonProperty Path directory = Path.of("data", "kafka");

    @Min(0)
    @Max(65_535)
    @JsonProperty
    int port = 9092;

    @NotEmpty @JsonProperty String eventsTopic = "nextclick-events";
    @NotEmpty @JsonProperty String itemsTopic = "nextclick-items";
    @NotEmpty @JsonProperty String deadLetterTopic = "nextclick-dead-letters";
    @NotEmpty @JsonProperty String groupId = "nextclick";
    @JsonProperty boolean createTopics = true;

    @Min(1)
    @Max(10_000)
    @JsonProperty
    int partitions = 6;

    @Min(-1)
    @Max(100)
    @JsonProperty
    int replicationFactor = -1;

    @Min(1)
    @Max(100_000)
    @JsonProperty
    int maxPollRecords = 1_000;

    @NotNull
    @DataSizeRange(min = KIB, max = GIB, message = "must be from 1KiB to 1GiB")
    @JsonProperty
    DataSize maxFetch = DataSize.mebibytes(32);

    @DecimalMin("0")
    @DecimalMax("1")
    @JsonProperty
    double maxRefused = 0.05;

    @NotNull @JsonProperty Map<String, String> client = Map.of();

    Kafka() {}

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    static Kafka of(String servers) {
      Kafka kafka = new Kafka();
      kafka.servers = servers;
      return kafka;
    }

    /** The cluster, or null for a service without one. */
    @Nullable LogSource source() {
      settings(servers); // refuses what no client takes
      return switch (servers) {
        case NONE -> null;
        case EMBEDDED -> new EmbeddedLog(directory, port, this::settings);
        default -> LogSource.of(settings(servers));
      };
    }

    KafkaSettings settings(String bootstrapServers) {
      return new KafkaSettings(
          bootstrapServers,
          eventsTopic,
          itemsTopic,
          deadLetterTopic,
          groupId,
          client,
          maxPollRecords,
          Math.toIntExact(maxFetch.toBytes()),
          createTopics,
          partitions,
          (short) replicationFactor);
    }
  }

  /** What the records of the events topic and of {@code POST /v1/events} look like. */
  public static final class Events {
    @JsonProperty @Nullable EventMapping mapping = null;
  }

  /** The settings that are stored with the state. */
  FoldSettings fold() {
    return store.fold().withMapping(events.mapping);
  }

  /** What a ranking request may ask for, and the rankers that need no training. */
  public static final class Ranking {
    @Min(1)
    @Max(100_000)
    @JsonProperty
    int maxCandidates = 5_000;

    @Min(1)
    @Max(10_000)
    @JsonProperty
    int maxLimit = 1_000;

    @Min(1)
    @JsonProperty
    int defaultLimit = 20;

    @NotNull
    @DurationRange(
        min = 1,
        max = HOUR,
        unit = TimeUnit.MILLISECONDS,
        message = "must be from 1ms to 1h")
    @JsonProperty
    Duration deadline = Duration.seconds(2);

    @NotNull @JsonProperty List<String> excludeActions = List.of();
    @Nullable @JsonProperty List<String> positiveActions = null;

    @NotNull
    @DurationRange(
        min = 1,
        max = DAY,
        unit = TimeUnit.MILLISECONDS,
        message = "must be from 1ms to 1d")
    @JsonProperty
    Duration refitInterval = Duration.seconds(60);

    RankingLimits limits(FoldSettings fold) {
      TreeSet<Integer> codes = new TreeSet<>();
      for (String action : excludeActions) {
        int code = fold.actionCode(action);
        if (code < 0) {
          throw new IllegalArgumentException(
              "ranking.excludeActions: unknown action: %s, known are %s"
                  .formatted(action, fold.actions()));
        }
        codes.add(code);
      }
      return new RankingLimits(
          maxCandidates, maxLimit, defaultLimit, (int) deadline.toMilliseconds(), codes);
    }

    PositiveActions positive(FoldSettings fold) {
      List<String> named = positiveActions;
      return named == null
          ? PositiveActions.of(fold)
          : checked("ranking.positiveActions", () -> PositiveActions.of(fold, named));
    }
  }

  /** The trained model, if there is one. */
  public static final class Model {
    @NotNull @JsonProperty Path directory = Path.of("data", "models");

    @JsonProperty @Nullable String active = null;
    @NotNull @JsonProperty Map<String, Integer> arms = Map.of();
    @NotNull @JsonProperty List<String> shadows = List.of();

    @DecimalMin("0")
    @DecimalMax("1")
    @JsonProperty
    double shadowShare = 0.1;

    @NotNull
    @DurationRange(
        min = 0,
        max = DAY,
        unit = TimeUnit.MILLISECONDS,
        message = "must be from 0s to 1d")
    @JsonProperty
    Duration watch = Duration.seconds(5);

    @Min(0)
    @Max(1_000)
    @JsonProperty
    int warmUp = 64;

    @JsonProperty @Nullable Path routing = null;

    @NotNull @JsonProperty Backend backend = Backend.AUTO;

    @NotNull
    @MinDataSize(value = 0, message = "must not be negative")
    @JsonProperty
    DataSize historyCache = DataSize.mebibytes(64);

    /**
     * What shall serve, and where calls keep what they change.
     *
     * @throws IllegalArgumentException if the settings contradict each other
     * @throws IOException if nothing can be kept beside the store
     */
    RoutingFile routing(Store store) throws IOException {
      if (active != null && !arms.isEmpty()) {
        throw new IllegalArgumentException("model.active and model.arms: keep one, not both");
      }
      Map<String, Integer> all = active == null ? arms : Map.of(active, 1);
      String setting = active != null ? "model.active" : arms.isEmpty() ? "model" : "model.arms";
      RoutingPlan plan = checked(setting, () -> new RoutingPlan(all, shadows));
      return new RoutingFile(
          routing == null ? store.files().resolve("routing.json") : routing, plan);
    }

    /**
     * Reads, checks and prepares {@code NAME/VERSION}.
     *
     * @throws MalformedBundleException if its bundle is not sound
     * @throws IllegalArgumentException if it does not go with the backend or the store
     */
    LoadedModel open(FoldSettings fold, String id) throws IOException {
      ModelBundle bundle = ModelBundle.open(directory.resolve(id));
      bundle.requireActions(fold.actions());
      EncodedHistoryCache cache = new EncodedHistoryCache(historyCache.toBytes());
      return new LoadedModel(bundle.scorer(backend, cache), bundle.manifest().version(), cache);
    }
  }

  /** Bounds on requests as a whole. */
  public static final class Requests {
    /** Requests that score at once; 0 for the number of cores. */
    @Min(0)
    @Max(1_024)
    @JsonProperty
    int concurrent = 0;

    @Min(0)
    @Max(10_000)
    @JsonProperty
    int maxWaiting = 64;

    @NotNull
    @DurationRange(
        min = 0,
        max = HOUR,
        unit = TimeUnit.MILLISECONDS,
        message = "must be from 0s to 1h")
    @JsonProperty
    Duration maxWait = Duration.milliseconds(100);

    @NotNull
    @DataSizeRange(min = 1, max = GIB, message = "must be from 1B to 1GiB")
    @JsonProperty
    DataSize maxBody = DataSize.mebibytes(4);

    @NotNull
    @DurationRange(
        min = 0,
        max = HOUR,
        unit = TimeUnit.MILLISECONDS,
        message = "must be from 0s to 1h")
    @JsonProperty
    Duration drain = Duration.seconds(0);

    /** Of all bodies in flight, with what is parsed of them; null for a quarter of the heap. */
    @MinDataSize(value = 1, unit = DataSizeUnit.MEBIBYTES, message = "must be 1MiB at least")
    @JsonProperty
    @Nullable DataSize memory = null;

    @Min(1)
    @Max(1_000_000)
    @JsonProperty
    int maxConnections = 4_096;

    @Min(1)
    @Max(1_000_000)
    @JsonProperty
    int maxConnectionsPerAddress = 1_024;

    @NotNull
    @DurationRange(
        min = 100,
        max = HOUR,
        unit = TimeUnit.MILLISECONDS,
        message = "must be from 100ms to 1h")
    @JsonProperty
    Duration maxHeaderTime = Duration.seconds(10);

    @NotNull
    @DurationRange(
        min = 100,
        max = HOUR,
        unit = TimeUnit.MILLISECONDS,
        message = "must be from 100ms to 1h")
    @JsonProperty
    Duration maxFirstByteTime = Duration.seconds(5);

    @NotNull
    @DurationRange(
        min = 100,
        max = HOUR,
        unit = TimeUnit.MILLISECONDS,
        message = "must be from 100ms to 1h")
    @JsonProperty
    Duration maxBodyTime = Duration.seconds(60);

    MemoryBudget memory() {
      return new MemoryBudget(memory == null ? MemoryBudget.ofHeap() : memory.toBytes());
    }

    ConnectionLimits.Bounds connections() {
      return new ConnectionLimits.Bounds(
          maxConnections, maxConnectionsPerAddress, maxHeaderTime.toJavaDuration());
    }

    SlowBodies.Times bodies() {
      return new SlowBodies.Times(maxFirstByteTime.toJavaDuration(), maxBodyTime.toJavaDuration());
    }

    AdmissionGate gate() {
      int permits = concurrent > 0 ? concurrent : Runtime.getRuntime().availableProcessors();
      return new AdmissionGate(permits, maxWaiting, maxWait.toJavaDuration());
    }
  }

  /** The log of answers, which are also the impressions that clicks are joined with. */
  public static final class Answers {
    @DecimalMin("0")
    @DecimalMax("1")
    @JsonProperty
    double sample = 0.1;

    @JsonProperty @Nullable Path directory = null;
    @JsonProperty @Nullable Path userKey = null;
    @JsonProperty boolean rawUsers = false;

    @NotNull
    @MinDataSize(value = KIB, message = "must be at least 1KiB")
    @JsonProperty
    DataSize maxFile = DataSize.mebibytes(64);

    @NotNull
    @MinDataSize(value = KIB, message = "must be at least 1KiB")
    @JsonProperty
    DataSize maxTotal = DataSize.gibibytes(1);

    @Min(1)
    @Max(1_000_000)
    @JsonProperty
    int queue = 10_000;

    @NotEmpty @JsonProperty String click = "click";

    @NotNull
    @DurationRange(
        min = 1,
        max = YEARS,
        unit = TimeUnit.MILLISECONDS,
        message = "must be from 1ms to 3650d")
    @JsonProperty
    Duration window = Duration.minutes(30);

    @NotNull
    @DurationRange(
        min = 0,
        max = YEARS,
        unit = TimeUnit.MILLISECONDS,
        message = "must be from 0s to 3650d")
    @JsonProperty
    Duration grace = Duration.minutes(1);

    @Min(1)
    @Max(100_000_000)
    @JsonProperty
    int maxWaiting = 1_000_000;

    ClickJoin.Settings join(Store store) throws IOException {
      return new ClickJoin.Settings(
          store.files().resolve("impressions"),
          new RequestSample(sample),
          userKey(store),
          click,
          window.toJavaDuration(),
          grace.toJavaDuration(),
          maxWaiting);
    }

    private UserKey.Source userKey(Store store) throws IOException {
      Path key = userKey == null ? store.files().resolve("user.key") : userKey;
      return () -> rawUsers ? null : UserKey.readOrCreate(key);
    }

    AnswerLog.Settings settings(Store store, Kafka kafka) throws IOException {
      Path files = directory == null ? store.files().resolve("answers") : directory;
      return new AnswerLog.Settings(
          files,
          new RequestSample(sample),
          new RotatingLog.Limits(maxFile.toBytes(), maxTotal.toBytes()),
          userKey(store),
          kafka.itemsTopic,
          queue);
    }
  }

  /** A value, or what is wrong with the setting that it comes from. */
  private static <T> T checked(String setting, Supplier<T> value) {
    try {
      return value.get();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(setting + ": " + e.getMessage(), e);
    }
  }

  public NextclickConfiguration() {
    setLoggingFactory(Hardening.quietLogging());
  }
}
