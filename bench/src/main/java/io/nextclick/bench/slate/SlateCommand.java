// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.slate;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.toMap;

import io.nextclick.features.event.Event;
import io.nextclick.features.file.DurableFile;
import io.nextclick.features.json.Json;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.model.Scorer;
import io.nextclick.model.data.Impressions;
import io.nextclick.model.data.TimeSplit;
import io.nextclick.model.decoder.Decoder;
import io.nextclick.model.decoder.PageWeights;
import io.nextclick.model.decoder.PlacingScorer;
import io.nextclick.model.encoder.EncoderScorer;
import io.nextclick.model.evaluate.Bootstrap;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.train.Epoch;
import io.nextclick.model.train.Recipe;
import io.nextclick.model.train.TrainedModel;
import io.nextclick.model.train.Training;
import io.nextclick.model.train.TrainingListener;
import io.nextclick.model.train.decoder.DecoderSettings;
import io.nextclick.model.train.decoder.DecoderTraining;
import io.nextclick.model.train.decoder.TrainedDecoder;
import io.nextclick.serving.cli.model.TrainingDays;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.Preflight;
import io.nextclick.serving.shop.ShopSettings;
import io.nextclick.serving.shop.SyntheticShop;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code nextclick bench slate}: what whole pages are worth, under a truth that is known. */
@Command(
    name = "slate",
    mixinStandardHelpOptions = true,
    description = {
      "Makes a shop in which what stands before an item on its page changes how likely it is"
          + " clicked, trains a model on its log, builds pages of 10 out of 100 candidates for"
          + " requests of the last three days in several ways, and prices each page under the"
          + " shop's truth.",
      "random: any 10. top: the model's most likely ones, each by itself. mmr: maximal marginal"
          + " relevance, by the setting that does best on these requests. decoder: one after"
          + " another by the model's decoder; beam: the same with a beam of 4. truth-top: as top,"
          + " by the truth. truth-greedy: one after another by the truth. best: the best of all"
          + " pages of 14 candidates, the greedy page's among them.",
      "of way: how far a method comes from top to truth-greedy. distance: pairs of a page's items"
          + " that are of different categories. coverage: items that some page shows."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  nextclick bench slate --quick",
      "  nextclick bench slate --seed=2 --json=slate.json",
      "  nextclick bench slate --quick --no-list-effects --set=epochs=2"
    })
public final class SlateCommand implements Callable<Integer> {

  private static final int USERS = 20_000;
  private static final int QUICK_USERS = 2_000;
  private static final int REQUESTS = 2_000;
  private static final int CANDIDATES = 100;
  private static final int PLACES = 10;
  private static final int BEST_OF = 14;
  private static final int TEST_DAYS = 3;
  private static final String PRESET = "clicks";

  @Spec private CommandSpec spec;

  @Option(names = "--quick", description = "2,000 users: a few minutes.")
  private boolean quick;

  @Option(names = "--users", description = "Of the shop. Default: 20000; with --quick 2000.")
  private @Nullable Integer users;

  @Option(
      names = "--requests",
      defaultValue = "" + REQUESTS,
      description = "At most, each of another user. Default: ${DEFAULT-VALUE}.")
  private int requests;

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "Of the shop, the training and the requests. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--no-list-effects",
      description = "A shop in which no item changes what another one is worth.")
  private boolean pointwise;

  @Option(
      names = "--set",
      paramLabel = "NAME=VALUE",
      description = "Changes a setting of the preset clicks, as in train. May be repeated.")
  private Map<String, String> changes = new TreeMap<>();

  @Option(
      names = "--decoder",
      paramLabel = "LAYERS",
      defaultValue = "1",
      description = "Layers of the decoder; 0 for none. Default: ${DEFAULT-VALUE}.")
  private int layers;

  @Option(names = "--threads", description = "That train. Default: all cores.")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(names = "--json", paramLabel = "FILE", description = "Also writes the rows here.")
  private @Nullable Path json;

  @Override
  public Integer call() throws IOException, CommandFailed {
    Preflight.output(json);
    requireOne("--requests", requests);
    requireOne("--threads", threads);
    try {
      SlateReport report = measure(recipe());
      report.print(spec.commandLine().getOut());
      if (json != null) {
        DurableFile.write(json, Json.mapper().build().writeValueAsString(report) + "\n");
      }
      return 0;
    } catch (IllegalArgumentException e) {
      throw new CommandFailed(String.valueOf(e.getMessage()), e);
    }
  }

  private void requireOne(String option, int value) {
    if (value < 1) {
      throw new ParameterException(
          spec.commandLine(), "%s is %d, must be at least 1".formatted(option, value));
    }
  }

  private Recipe recipe() {
    return Recipe.preset(PRESET).with(changes);
  }

  private SlateReport measure(Recipe recipe) throws IOException, CommandFailed {
    SyntheticShop shop = shop();
    TimeSplit split = split(shop);
    say(
        "A shop of %,d users, seed %d, %s list effects; the last %d days are the test",
        shop.settings().users(), seed, pointwise ? "without" : "with", TEST_DAYS);
    long start = System.nanoTime();
    TrainedModel trained =
        new Training(recipe, seed, threads, null, new Epochs())
            .clicks(shop.events().iterator(), FoldSettings.DEFAULT, Impressions.CLICK, split);
    double seconds = (System.nanoTime() - start) / 1e9;
    TrainedDecoder decoder = layers == 0 ? null : decoder(shop, split, recipe, trained);
    List<PageRequest> drawn = new HeldOutPages(shop, split, CANDIDATES, seed).draw(requests);
    if (drawn.isEmpty()) {
      throw new CommandFailed("nobody asked for a page in the test; give more --users");
    }
    say(
        "Trained for %.0f s; %,d requests, pages of %d out of %d candidates",
        seconds, drawn.size(), PLACES, CANDIDATES);
    Map<String, Object> run = new LinkedHashMap<>();
    run.put("users", shop.settings().users());
    run.put("seed", seed);
    run.put("listEffects", !pointwise);
    run.put("preset", PRESET);
    run.put("set", new TreeMap<>(changes));
    run.put("validation", trained.metrics());
    run.put("trainSeconds", seconds);
    run.put("requests", drawn.size());
    run.put("candidates", CANDIDATES);
    run.put("places", PLACES);
    run.put("decoderLayers", layers);
    if (decoder != null) {
      run.put("decoderValidation", decoder.metrics());
    }
    return price(shop, trained, decoder, drawn, run);
  }

  private TrainedDecoder decoder(
      SyntheticShop shop, TimeSplit split, Recipe recipe, TrainedModel trained) {
    DecoderSettings settings = DecoderSettings.DEFAULT.withLayers(layers);
    return new DecoderTraining(settings, seed, threads, this::decoderEpoch)
        .train(
            shop.events().iterator(),
            FoldSettings.DEFAULT,
            Impressions.CLICK,
            split,
            recipe,
            trained.vocabulary(),
            trained.weights());
  }

  private void decoderEpoch(TrainedDecoder.Epoch epoch) {
    say("decoder: loss %.4f, %.4f nats on the validation", epoch.loss(), epoch.validation());
  }

  private SlateReport price(
      SyntheticShop shop,
      TrainedModel trained,
      @Nullable TrainedDecoder decoder,
      List<PageRequest> drawn,
      Map<String, Object> run) {
    Map<String, String> categories =
        shop.items().filter(Event::available).collect(toMap(Event::key, SlateCommand::category));
    List<PageMethod> methods = new ArrayList<>();
    List<PricedPages> priced = new ArrayList<>();
    try (EncoderScorer model =
        new EncoderScorer("model", trained.vocabulary(), trained.weights(), Kernels.best(), null)) {
      methods.addAll(PageMethod.plain(model, CANDIDATES, PLACES, BEST_OF));
      if (decoder != null) {
        PageWeights weights = decoder.weights();
        var encoder =
            new EncoderScorer(
                "pages", trained.vocabulary(), weights.encoder(), Kernels.best(), null);
        var places = new Decoder(weights.decoder(), Kernels.best());
        Scorer placing = new PlacingScorer(model, encoder, places, decoder.calibration());
        methods.addAll(2, PageMethod.decoder(placing, CANDIDATES, PLACES));
      }
      for (PageMethod method : methods) {
        priced.add(new PricedPages(method, drawn, categories));
      }
      addMarginal(model, drawn, categories, methods, priced, run);
      return SlateReport.of(run, methods, priced, categories.size(), PLACES, Bootstrap.DEFAULT);
    }
  }

  /** By the setting whose pages are worth most on these requests, which favours it. */
  private static void addMarginal(
      EncoderScorer model,
      List<PageRequest> drawn,
      Map<String, String> categories,
      List<PageMethod> methods,
      List<PricedPages> priced,
      Map<String, Object> run) {
    PageMethod chosen = null;
    PricedPages best = null;
    for (Map.Entry<String, PageMethod> one :
        PageMethod.marginal(model, categories, CANDIDATES, PLACES).entrySet()) {
      var pages = new PricedPages(one.getValue(), drawn, categories);
      if (best == null || pages.meanClicks() > best.meanClicks()) {
        chosen = one.getValue();
        best = pages;
        run.put("mmr", one.getKey());
      }
    }
    methods.add(2, requireNonNull(chosen));
    priced.add(2, requireNonNull(best));
  }

  private static String category(Event item) {
    return requireNonNull(item.attributes().get("category")).getFirst();
  }

  private SyntheticShop shop() {
    ShopSettings settings =
        ShopSettings.DEFAULT
            .withSeed(seed)
            .withUsers(users != null ? users : quick ? QUICK_USERS : USERS);
    return new SyntheticShop(pointwise ? settings : settings.withListEffects());
  }

  private static TimeSplit split(SyntheticShop shop) throws CommandFailed {
    LocalDate first =
        Instant.ofEpochMilli(shop.settings().startMillis()).atZone(ZoneOffset.UTC).toLocalDate();
    Iterable<Event> log = () -> shop.events().iterator();
    return TrainingDays.of(log, ZoneOffset.UTC)
        .split(null, first.plusDays(shop.settings().days() - TEST_DAYS));
  }

  /** A line for each epoch. */
  private final class Epochs implements TrainingListener {

    @Override
    public void start(TrainingListener.Plan plan) {
      say(
          "%,d items, %,d impressions, %,d parameters, about %,d MB",
          plan.items(), plan.impressions(), plan.parameters(), plan.bytes() >> 20);
    }

    @Override
    public void batch(TrainingListener.Position position) {}

    @Override
    public void epoch(Epoch epoch, boolean best) {
      say(
          "epoch %d: AUC %.4f on the validation%s",
          epoch.number(), epoch.metric(), best ? " *" : "");
    }
  }

  private void say(String format, Object... values) {
    PrintWriter out = spec.commandLine().getOut();
    out.printf(Locale.ROOT, format + "%n", values);
    out.flush();
  }
}
