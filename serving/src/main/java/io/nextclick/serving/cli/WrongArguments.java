// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli;

import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.text.similarity.DamerauLevenshteinDistance;
import picocli.CommandLine;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Says in one line what is wrong with the arguments, with what may have been meant, and where help
 * is; picocli would print all of the help below it.
 */
public final class WrongArguments implements IParameterExceptionHandler {

  private static final DamerauLevenshteinDistance DISTANCE = new DamerauLevenshteinDistance();
  private static final int SUGGESTIONS = 3;
  private static final int FAR = Integer.MAX_VALUE;

  @Override
  public int handleParseException(ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    CommandSpec spec = command.getCommandSpec();
    // A mistyped option is also a missing one, where it must be given.
    List<String> unknown =
        e instanceof UnmatchedArgumentException unmatched
            ? unmatched.getUnmatched()
            : command.getUnmatchedArguments();
    String what =
        unknown.isEmpty()
            ? String.valueOf(e.getMessage()).lines().collect(Collectors.joining("; "))
            : unknown(unknown.getFirst(), spec);
    command.getErr().printf("%s: %s%n", spec.qualifiedName(), what);
    command.getErr().printf("%s --help says what there is.%n", spec.qualifiedName());
    command.getErr().flush();
    return spec.exitCodeOnInvalidInput();
  }

  private static String unknown(String argument, CommandSpec spec) {
    boolean option = argument.startsWith("-");
    String name = option ? argument.replaceFirst("=.*", "") : argument;
    String what = option ? "option" : spec.subcommands().isEmpty() ? "argument" : "command";
    List<String> near = near(name, option ? options(spec) : spec.subcommands().keySet().stream());
    return near.isEmpty()
        ? "there is no %s %s".formatted(what, name)
        : "there is no %s %s; did you mean %s?".formatted(what, name, String.join(" or ", near));
  }

  private static Stream<String> options(CommandSpec spec) {
    return spec.options().stream().filter(option -> !option.hidden()).map(OptionSpec::longestName);
  }

  /** The names that are nearest, letters swapped, left out, added or replaced; not far ones. */
  private static List<String> near(String name, Stream<String> known) {
    var byDistance = known.collect(Collectors.groupingBy(other -> DISTANCE.apply(name, other)));
    int least = byDistance.keySet().stream().min(Comparator.naturalOrder()).orElse(FAR);
    return least > Math.max(2, name.length() / 3)
        ? List.of()
        : byDistance.getOrDefault(least, List.of()).stream().sorted().limit(SUGGESTIONS).toList();
  }
}
