// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.state;

import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.features.store.WantedFold;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.HistoryOptions;
import io.nextclick.serving.cli.option.MappingOptions;
import io.nextclick.serving.cli.option.Preflight;
import io.nextclick.serving.cli.option.RetentionOptions;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say which store to fold into, and how. */
final class StoreOptions {

  @Option(
      names = "--store",
      paramLabel = "DIR",
      defaultValue = "data/store",
      description = "Directory of the store; made when missing. Default: ${DEFAULT-VALUE}.")
  private Path directory = Path.of("");

  @Mixin private HistoryOptions history = new HistoryOptions();
  @Mixin private RetentionOptions retention = new RetentionOptions();
  @Mixin private MappingOptions mapping = new MappingOptions();

  Path directory() {
    return directory;
  }

  RocksDbSequenceStore open() throws CommandFailed {
    WantedFold wanted =
        history.of(
            FoldSettings.DEFAULT.withRetention(retention.read()).withMapping(mapping.read()));
    Preflight.outputDirectory(directory);
    try {
      return RocksDbSequenceStore.open(directory, wanted);
    } catch (IOException | IllegalArgumentException e) {
      throw new CommandFailed(String.valueOf(e.getMessage()), e);
    }
  }
}
