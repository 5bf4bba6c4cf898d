// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.option;

import io.nextclick.model.bundle.ModelBundle;
import io.nextclick.serving.api.SlateMethod;
import io.nextclick.serving.api.SlateRequest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** The options that ask for a page of each user, as {@code slate} of a request does. */
public final class SlateOptions {

  private static final List<String> ITS_OWN =
      List.of(
          "--slate-size",
          "--shortlist",
          "--beam",
          "--lambda",
          "--similar-by",
          "--max-per-value",
          "--min-distance");

  @Option(
      names = "--slate",
      paramLabel = "METHOD",
      description =
          "A page of each user instead of a list, by top, mmr or decoder, as slate.method of a"
              + " request says.")
  private @Nullable SlateMethod method;

  @Option(names = "--slate-size", paramLabel = "K", description = "Items on the page. Default: 10.")
  private @Nullable Integer size;

  @Option(
      names = "--shortlist",
      paramLabel = "M",
      description = "Best candidates that the page is built from. Default: 100.")
  private @Nullable Integer shortlist;

  @Option(
      names = "--beam",
      paramLabel = "B",
      description = "decoder: beginnings of the page that are kept. Default: 1.")
  private @Nullable Integer beam;

  @Option(
      names = "--lambda",
      paramLabel = "L",
      description = "mmr: what relevance counts, from 0 to 1. Default: 0.7.")
  private @Nullable Double lambda;

  @Option(
      names = "--similar-by",
      paramLabel = "NAME",
      split = ",",
      description =
          "mmr: attributes by whose values items are alike. Default: the model's item embeddings.")
  private @Nullable List<String> similarBy;

  @Option(
      names = "--max-per-value",
      paramLabel = "NAME=N",
      split = ",",
      description = "At most so many items of one value of an attribute.")
  private Map<String, Integer> maxPerValue = new LinkedHashMap<>();

  @Option(
      names = "--min-distance",
      paramLabel = "NAME=N",
      split = ",",
      description = "Items of one value of an attribute are so many places apart.")
  private Map<String, Integer> minDistance = new LinkedHashMap<>();

  @Spec(Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  /**
   * The page that is wanted, with what was left out; null for a list.
   *
   * @throws ParameterException if an option is out of range, or goes with others
   */
  public @Nullable SlateRequest read() {
    ParseResult given = spec.commandLine().getParseResult();
    if (method == null) {
      for (String option : ITS_OWN) {
        if (given.hasMatchedOption(option)) {
          throw new ParameterException(spec.commandLine(), option + " goes with --slate");
        }
      }
      return null;
    }
    for (String option : List.of("--limit", "--all-scores")) {
      if (given.hasMatchedOption(option)) {
        throw new ParameterException(
            spec.commandLine(), option + " does not go with --slate; say --slate-size");
      }
    }
    var slate =
        new SlateRequest(
            size, method.label(), shortlist, beam, lambda, similarBy, maxPerValue, minDistance);
    String fault = slate.fault();
    if (fault != null) {
      throw new ParameterException(
          spec.commandLine(), "The page that the options ask for: " + fault);
    }
    return slate.filled();
  }

  /** Words about attributes that may be misspelt. */
  public static List<String> unread(List<String> withoutValues) {
    return withoutValues.isEmpty()
        ? List.of()
        : List.of(
            "Attributes of which no item on a shortlist has a value: "
                + String.join(", ", withoutValues));
  }

  /**
   * Refuses a model that cannot build the page, before there is anything to lose.
   *
   * @throws IllegalArgumentException if it cannot
   */
  public void requireBuiltBy(ModelBundle bundle) {
    if (method == SlateMethod.DECODER && bundle.manifest().decoder() == null) {
      throw new IllegalArgumentException(
          bundle.directory() + ": has no decoder; train --decoder makes a model that has one");
    }
  }
}
