// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.option;

import io.nextclick.ingest.log.RefusedRows;
import io.nextclick.ingest.log.TooManyRefusedException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/**
 * What a command that reads rows does with those that it cannot read.
 *
 * <pre>{@code
 * @Mixin private RefusedOptions refused = new RefusedOptions();
 *
 * try (RefusedRows rows = refused.open()) {
 *   ... rows.taken(file); rows.refuse(file, line, reason, row); ...
 *   refused.check(rows, file, err); // before the output gets its name
 * }
 * }</pre>
 */
public final class RefusedOptions {

  @Option(
      names = "--max-refused",
      paramLabel = "SHARE",
      defaultValue = "1%",
      converter = ShareConverter.class,
      description =
          "The share of rows that may be refused, such as 5%% or 0.05; above it, or when"
              + " all are refused, the command fails and writes nothing. Default: 1%%.")
  private double limit = RefusedRows.DEFAULT_LIMIT;

  @Option(
      names = "--rejects",
      paramLabel = "FILE",
      description =
          "Writes each refused row here with its line and reason: "
              + "a .jsonl, .jsonl.gz or .jsonl.zst file.")
  private @Nullable Path rejects;

  /**
   * Begins to count; close it at the end, also after a failure.
   *
   * @param others what else the command reads or writes, which the refused rows may not replace
   * @throws CommandFailed if the file of refused rows cannot be written
   */
  public RefusedRows open(Path... others) throws CommandFailed {
    if (rejects == null) {
      return new RefusedRows(limit);
    }
    for (Path other : others) {
      if (other.toAbsolutePath().normalize().equals(rejects.toAbsolutePath().normalize())) {
        throw new CommandFailed("--rejects=" + rejects + " is in use; name another file");
      }
    }
    try {
      return RefusedRows.writingTo(rejects, limit);
    } catch (IOException | IllegalArgumentException e) {
      throw new CommandFailed("--rejects=%s cannot be written: %s".formatted(rejects, e), e);
    }
  }

  /**
   * Shows what was refused, and fails if it was too much or if nothing was read.
   *
   * @param input what was read, for the message
   * @param err gets what was refused
   */
  public void check(RefusedRows rows, String input, PrintWriter err) throws CommandFailed {
    rows.lines().forEach(err::println);
    err.flush();
    try {
      rows.check(input);
    } catch (TooManyRefusedException e) {
      throw new CommandFailed(String.valueOf(e.getMessage()), e);
    }
  }

  /** A share: 1% or 0.01. */
  static final class ShareConverter implements ITypeConverter<Double> {

    private static final Pattern SHARE = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,9})?)\\s*(%?)");

    @Override
    public Double convert(String text) {
      Matcher share = SHARE.matcher(text.strip());
      if (share.matches()) {
        double number = Double.parseDouble(share.group(1));
        double value = share.group(2).isEmpty() ? number : number / 100;
        if (value <= 1) {
          return value;
        }
      }
      throw new TypeConversionException(
          "'" + text + "' is no share; write such as 5% or 0.05, at most 100%");
    }
  }
}
