// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.data;

import io.nextclick.ingest.kafka.careful.TopicExport;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.DiskNeed;
import io.nextclick.serving.cli.option.KafkaOptions;
import io.nextclick.serving.cli.option.MappingOptions;
import io.nextclick.serving.cli.option.Preflight;
import io.nextclick.serving.cli.option.Progress;
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
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code export}: writes the topics with partitions and offsets into a file. */
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    description = {
      "Writes the events and items topics, from their beginnings to where they end now, into a"
          + " file: one record per line, with its partition, offset and append time.",
      "replay --verify reads it."
    },
    footerHeading = "%nExample:%n",
    footer = "  nextclick export events.jsonl.zst --kafka localhost:9092")
public final class ExportCommand implements Callable<Integer> {

  @Parameters(
      paramLabel = "FILE",
      description = "A new file: .jsonl, .jsonl.gz or .jsonl.zst; whole or not at all.")
  private Path file = Path.of("");

  @Option(
      names = "--skipped",
      paramLabel = "FILE",
      description =
          "The file skipped-offsets from beside a store: what an operator let go there, since the"
              + " log is damaged.")
  private @Nullable Path skipped;

  @Mixin private KafkaOptions kafka = new KafkaOptions();
  @Mixin private MappingOptions mapping = new MappingOptions();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws CommandFailed {
    Preflight.outputLog(file);
    if (skipped != null && !Files.isReadable(skipped)) {
      throw new CommandFailed(
          "--skipped=" + skipped + ": there is no such file, or it may not be read");
    }
    Preflight.space(file, DiskNeed.FLOOR); // how much a topic holds, nobody knows
    try (var progress = Progress.onTerminal("read %,d records")) {
      TopicExport export = new TopicExport(kafka.settings(), mapping.read(), skipped, progress::at);
      long records = export.to(file);
      PrintWriter out = spec.commandLine().getOut();
      out.printf(
          "Wrote %,d records to %s; %,d of them are no events%n", records, file, export.refused());
      out.flush();
      return 0;
    } catch (IOException | IllegalArgumentException e) {
      throw new CommandFailed(String.valueOf(e.getMessage()), e);
    }
  }
}
