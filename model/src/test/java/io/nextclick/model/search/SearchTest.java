// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.train.Recipe;
import io.nextclick.model.train.TrainingSettings.NextItem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SearchTest {

  private static final Arithmetic SHAPE = new Arithmetic(20_000, 180_000, 0, 12_000, 7);
  private static final SearchSpace.Told TOLD = new SearchSpace.Told(true, true, true);
  private static final double SPEED = 1e11;

  @TempDir private Path directory;

  /** Knows what each recipe comes to; and may die in the middle. */
  private static class Known implements Search.Runner {

    final List<Trial> trials = new ArrayList<>();
    int deathAt = Integer.MAX_VALUE;
    int dearFrom = Integer.MAX_VALUE;
    int maxCost = Integer.MAX_VALUE;
    int asked;
    boolean slow;
    double ends = 1; // patience ends trials after this share of their epochs

    @Override
    public Outcome run(Trial trial) {
      if (trials.size() == deathAt) {
        throw new IllegalStateException("killed");
      }
      trials.add(trial);
      if (trial.recipe().encoder().dim() >= dearFrom) {
        return new Outcome(9_000, null, "costs more");
      }
      return new Outcome(100, new Score(metric(trial), 0.002, 3, ended(trial), 1), null);
    }

    @Override
    public Outcome cost(Recipe recipe) {
      asked++;
      int cost = 10 * recipe.encoder().dim();
      return new Outcome(cost, null, cost > maxCost ? "costs more" : null);
    }

    private int ended(Trial trial) {
      return (int) Math.ceil(ends * epochs(trial));
    }

    private static int epochs(Trial trial) {
      return trial.recipe().optimizer().epochs();
    }

    /** Best at a dropout of 0.2 and a width of 128; more users and epochs help all alike. */
    private static double metric(Trial trial) {
      Recipe recipe = trial.recipe();
      return 0.05
          - 0.02 * Math.abs(recipe.optimizer().dropout() - 0.2)
          - 0.003 * Math.abs(Math.log(recipe.encoder().dim() / 128.0))
          + 0.001 * trial.size().cost();
    }

    @Override
    public boolean hasTime(double seconds) {
      return !slow;
    }
  }

  private static final class Quiet implements SearchListener {
    double forTrials;
    @Nullable TrialSize size;

    @Override
    public void planned(double whole, double search, @Nullable TrialSize planned) {
      forTrials = search;
      size = planned;
    }

    @Override
    public void begins(Trial trial) {
      // Nobody watches.
    }

    @Override
    public void ends(SearchEntry entry, boolean best) {
      // Nobody watches.
    }

    @Override
    public void decided(List<String> reasons) {
      // Nobody watches.
    }
  }

  private static Search.Result search(Search.Runner runner, double seconds) throws IOException {
    return search(runner, seconds, Map.of(), new Quiet());
  }

  private static Search.Result search(
      Search.Runner runner, double seconds, Map<String, String> fixed, SearchListener listener)
      throws IOException {
    return new Search(
            SearchSpace.nextItem(SHAPE, TOLD),
            fixed,
            new Pace(SPEED, 1, 1, seconds),
            runner,
            listener)
        .run();
  }

  @Test
  void run_enoughTime_findsTheBestRecipe() throws IOException {
    Search.Result found = search(new Known(), 100_000);
    assertThat(found.recipe().optimizer().dropout()).isEqualTo(0.2);
    assertThat(found.recipe().encoder().dim()).isEqualTo(128);
    assertThat(found.reasons()).anyMatch(reason -> reason.startsWith("validation 0.0510"));
    assertThat(found.table()).hasSizeGreaterThan(12);
  }

  /** Trials were planned for a dear recipe, and a cheap one is the best: there is time left. */
  @Test
  void run_bestIsQuick_triesChangesAgainByLongerTrials() throws IOException {
    Search.Runner cheapIsBest =
        new Search.Runner() {
          @Override
          public Outcome run(Trial trial) {
            int dim = trial.recipe().encoder().dim();
            boolean quick = trial.recipe().encoder().scoring() == Scoring.ATTEND;
            double metric = (quick ? 0.7 : 0.6) - 0.003 * Math.abs(Math.log(dim / 32.0));
            return new Outcome(100, new Score(metric, 0.002, 3, Known.epochs(trial), 1), null);
          }

          @Override
          public Outcome cost(Recipe recipe) {
            return new Outcome(100, null, null);
          }

          @Override
          public boolean hasTime(double seconds) {
            return true;
          }
        };
    var shape = new Arithmetic(30_000, 400_000, 150_000, 7_500, 14);
    Search.Result found =
        new Search(
                SearchSpace.clicks(shape),
                Map.of(),
                new Pace(SPEED / 10, 1, 1, 2_000),
                cheapIsBest,
                new Quiet())
            .run();
    double first = found.table().getFirst().users();
    assertThat(first).isLessThan(1);
    assertThat(found.table())
        .filteredOn(entry -> entry.users() > first && !entry.why().startsWith("one of the best"))
        .hasSizeGreaterThan(10);
    assertThat(found.recipe().encoder().dim()).isEqualTo(32);
  }

  /** What patience leaves of the time is for more trials, and still no more than there is. */
  @Test
  void run_trainingsThatEndEarly_leaveTheirTimeToOthers() throws IOException {
    double seconds = 600;
    var whole = new Known();
    search(whole, seconds);
    var early = new Known();
    early.ends = 0.1;
    var listener = new Quiet();
    search(early, seconds, Map.of(), listener);
    assertThat(early.trials.size()).isGreaterThan(5 * whole.trials.size());
    double trials =
        early.trials.stream()
            .mapToDouble(trial ->
                SHAPE.training(trial.recipe(), early.ended(trial), trial.size().users()) / SPEED)
            .sum();
    assertThat(trials).isLessThan(seconds);
  }

  /** A log so large that even a part of its users fills the time is still tried by fewer. */
  @Test
  void run_largeLog_triesAFewOfItsUsers() throws IOException {
    var shape = new Arithmetic(400_000, 10_000_000, 3_000_000, 50_000, 20);
    SearchSpace space = SearchSpace.clicks(shape);
    Recipe likeliest = space.priors().getFirst().recipe(Map.of());
    double whole = shape.training(likeliest, likeliest.optimizer().epochs(), 1) / SPEED;
    var listener = new Quiet();
    var runner = new Known();
    new Search(space, Map.of(), new Pace(SPEED, 1, 1, whole), runner, listener).run();
    assertThat(listener.size).isNotNull();
    assertThat(listener.size.users()).isEqualTo(0.05);
    assertThat(runner.trials).hasSizeGreaterThan(3);
  }

  @Test
  void run_settingsThatAreFixed_stayAsTheyAre() throws IOException {
    var runner = new Known();
    search(runner, 100_000, Map.of("dim", "32", "dropout", "0.4"), new Quiet());
    assertThat(runner.trials)
        .allSatisfy(trial -> {
          assertThat(trial.recipe().encoder().dim()).isEqualTo(32);
          assertThat(trial.recipe().optimizer().dropout()).isEqualTo(0.4);
        });
  }

  @Test
  void run_noRoomForTrials_takesTheLikeliest() throws IOException {
    var runner = new Known();
    Search.Result found = search(runner, 10);
    assertThat(runner.trials).isEmpty();
    assertThat(found.recipe())
        .isEqualTo(SearchSpace.nextItem(SHAPE, TOLD).priors().getFirst().recipe(Map.of()));
    assertThat(found.reasons()).anyMatch(reason -> reason.contains("no room"));
  }

  /** The likely recipes for clicks are 64 wide but for the last one, which is 32. */
  @Test
  void run_noRoomAndALikeliestThatIsDear_takesTheFirstThatIsNot() throws IOException {
    var runner = new Known();
    runner.maxCost = 320;
    Search.Result found = likeliest(runner);
    assertThat(found.recipe().encoder().dim()).isEqualTo(32);
    assertThat(found.reasons())
        .hasSize(1 + runner.asked - 1)
        .last()
        .asString()
        .contains("costs more");
    var second = new Known(); // what was measured is in the journal
    assertThat(likeliest(second)).isEqualTo(found);
    assertThat(second.asked).isZero();
  }

  private Search.Result likeliest(Search.Runner runner) throws IOException {
    var clicks = new Arithmetic(2_000, 40_000, 300_000, 500, 20);
    return new Search(
            SearchSpace.clicks(clicks),
            Map.of(),
            new Pace(SPEED, 1, 1, 0.001),
            journal("likeliest", runner),
            new Quiet())
        .run();
  }

  @Test
  void run_noRecipeIsCheapEnough_isRefusedWithTheCheapest() {
    var runner = new Known();
    runner.maxCost = 1;
    for (double seconds : new double[] {10, 100_000}) {
      runner.dearFrom = 0;
      assertThatThrownBy(() -> search(runner, seconds))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("--max-cost", "the cheapest takes", "--set=dim=32");
    }
  }

  /** What is counted for the trials, and the last training, are within what was given. */
  @Test
  void run_anyBudget_plansNoMoreThanItHas() throws IOException {
    for (double seconds : new double[] {60, 200, 600, 1_800, 7_200, 100_000}) {
      var runner = new Known();
      var listener = new Quiet();
      Search.Result found = search(runner, seconds, Map.of(), listener);
      double trials =
          runner.trials.stream()
              .mapToDouble(trial ->
                  SHAPE.training(
                          trial.recipe(), trial.recipe().optimizer().epochs(), trial.size().users())
                      / SPEED)
              .sum();
      assertThat(trials).as("%s s", seconds).isLessThanOrEqualTo(listener.forTrials);
      double last =
          TrialSize.WHOLE.equals(listener.size)
              ? 0
              : SHAPE.training(
                      SearchSpace.nextItem(SHAPE, TOLD).priors().getFirst().recipe(Map.of()), 1, 1)
                  / SPEED;
      assertThat(trials + last).as("%s s, %s", seconds, found.table().size()).isLessThan(seconds);
    }
  }

  @Test
  void run_dearRecipes_areNotChosenAndSaidSo() throws IOException {
    var runner = new Known();
    runner.dearFrom = 128;
    Search.Result found = search(runner, 100_000);
    assertThat(found.recipe().encoder().dim()).isLessThan(128);
    assertThat(found.table()).anyMatch(entry -> "costs more".equals(entry.outcome().refusal()));
  }

  @Test
  void run_clockIsOver_endsWithWhatItHas() throws IOException {
    var runner = new Known();
    runner.slow = true;
    assertThat(search(runner, 100_000).table()).isEmpty();
  }

  /** What comes after the trials will be as slow as they were: its time is kept for it. */
  @Test
  void run_machineThatGotSlower_endsTheTrialsEarlier() throws IOException {
    double seconds = 3_000;
    double slower = 2.5;
    double[] clock = new double[1];
    var slow =
        new Known() {
          @Override
          public Outcome run(Trial trial) {
            Score score = java.util.Objects.requireNonNull(super.run(trial).score());
            int epochs = score.epochs();
            double counted = SHAPE.training(trial.recipe(), epochs, trial.size().users()) / SPEED;
            clock[0] += slower * counted;
            return new Outcome(
                100, new Score(score.metric(), 0.002, 3, epochs, slower * counted), null);
          }

          @Override
          public boolean hasTime(double needed) {
            return clock[0] + needed < seconds;
          }
        };
    Search.Result found = search(slow, seconds);
    int epochs = found.recipe().optimizer().epochs();
    boolean isTrained = found.table().get(found.trial() - 1).isWhole();
    double last = isTrained ? 0 : slower * SHAPE.training(found.recipe(), epochs, 1) / SPEED;
    assertThat(clock[0] + last).isLessThan(seconds);
    assertThat(slow.trials).isNotEmpty();
  }

  @Test
  void journal_killedAtAnyTrial_endsAsIfItHadNotBeen() throws IOException {
    var whole = new Known();
    Search.Result expected = search(journal("whole", whole), 3_000);
    assertThat(expected.table()).hasSizeGreaterThan(5);
    int last = expected.table().size() - 1;
    for (int death : new int[] {0, 1, last / 2, last}) {
      var first = new Known();
      first.deathAt = death;
      String name = "killed-" + death;
      assertThatThrownBy(() -> search(journal(name, first), 3_000)).hasMessage("killed");
      var second = new Known();
      SearchJournal resumed = journal(name, second);
      assertThat(resumed.known()).isEqualTo(death);
      Search.Result found = search(resumed, 3_000);
      assertThat(found).isEqualTo(expected);
      assertThat(second.trials).hasSize(expected.table().size() - death);
    }
  }

  @Test
  void journal_ofAnotherSearchOrDamaged_isRefused() throws IOException {
    search(journal("j", new Known()), 3_000);
    Path file = directory.resolve("j");
    assertThatIOException()
        .isThrownBy(
            () -> SearchJournal.open(file, "another", () -> new Pace(SPEED, 1, 1, 0), new Known()))
        .withMessageContainingAll("other settings", "--fresh");
    assertThatIOException()
        .isThrownBy(
            () -> search(journal("j", new Known()), 3_000, Map.of("dim", "32"), new Quiet()))
        .withMessageContaining("is another one");
    String text = Files.readString(file);
    Files.writeString(file, text.substring(0, text.length() / 2));
    assertThatIOException()
        .isThrownBy(() -> journal("j", new Known()))
        .withMessageContainingAll("damaged", "--fresh");
  }

  private SearchJournal journal(String name, Search.Runner runner) throws IOException {
    return SearchJournal.open(
        directory.resolve(name), "identity", () -> new Pace(SPEED, 1, 1, 0), runner);
  }

  /** The whole catalogue is too much to compare each target with. */
  @Test
  void nextItem_largeCatalogue_beginsWithDrawnNegativesAndTriesAll() {
    var large = new Arithmetic(20_000, 180_000, 0, 20_001, 7);
    SearchSpace space = SearchSpace.nextItem(large, TOLD);
    assertThat(space.priors())
        .allSatisfy(prior ->
            assertThat(prior.recipe(Map.of()).objective().nextItem()).isEqualTo(NextItem.LOGQ));
    assertThat(space.axes().stream().flatMap(List::stream))
        .anyMatch(variation -> variation.changes().equals(Map.of("nextItem", "full")));
    Recipe drawn = space.priors().getFirst().recipe(Map.of());
    assertThat(large.epoch(drawn))
        .isLessThan(large.epoch(drawn.with(Map.of("nextItem", "full"))) / 3);
    assertThat(SearchSpace.nextItem(SHAPE, TOLD).priors())
        .allSatisfy(prior ->
            assertThat(prior.recipe(Map.of()).objective().nextItem()).isEqualTo(NextItem.FULL));
  }

  @Test
  void spaces_everyPriorAndVariation_isARecipe() {
    var clicks = new Arithmetic(2_000, 40_000, 300_000, 500, 20);
    var large = new Arithmetic(20_000, 180_000, 0, 30_000, 7);
    for (SearchSpace space :
        List.of(
            SearchSpace.nextItem(SHAPE, TOLD),
            SearchSpace.nextItem(large, TOLD),
            SearchSpace.clicks(clicks))) {
      for (Prior prior : space.priors()) {
        Recipe recipe = prior.recipe(Map.of());
        assertThat(space.arithmetic().epoch(recipe)).isPositive();
        space
            .axes()
            .forEach(axis ->
                axis.forEach(variation ->
                    assertThat(recipe.with(variation.changes())).as(variation.text()).isNotNull()));
      }
    }
  }

  @Test
  void cost_ofEveryPrior_isMeasured() {
    var clicks = new Arithmetic(2_000, 40_000, 300_000, 500, 20);
    for (SearchSpace space :
        List.of(SearchSpace.nextItem(SHAPE, TOLD), SearchSpace.clicks(clicks))) {
      for (Prior prior : space.priors()) {
        Recipe recipe = prior.recipe(Map.of());
        assertThat(ScoringCost.micros(recipe, 100, 50)).as(prior.why()).isPositive();
        // What is measured has every part that the recipe has.
        assertThat(ScoringCost.weights(recipe, 100).config().parts().all())
            .hasSameSizeAs(recipe.encoder().parts().all());
      }
    }
  }
}
