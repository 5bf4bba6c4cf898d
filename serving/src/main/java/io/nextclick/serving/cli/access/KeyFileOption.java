// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.access;

import io.nextclick.serving.access.KeyFile;
import io.nextclick.serving.cli.option.CommandFailed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import picocli.CommandLine.Option;

/** Which file of keys a command works on. */
final class KeyFileOption {

  /** For keys alone: guessing them must be hopeless. */
  static final SecureRandom RANDOM = new SecureRandom();

  @Option(
      names = "--keys",
      paramLabel = "FILE",
      defaultValue = "data/keys.json",
      description =
          "Default: ${DEFAULT-VALUE}, beside the default store; what security.keys of the service"
              + " names.")
  private Path file = Path.of("data", "keys.json");

  Path path() {
    return file;
  }

  /** What a command does with the file. */
  interface Work<T> {
    /** Does it. */
    T on(KeyFile keys) throws IOException;
  }

  <T> T with(Work<T> work) throws CommandFailed {
    if (Files.isDirectory(file)) {
      throw new CommandFailed(file + " is a directory; name the file in it: --keys FILE");
    }
    try {
      return work.on(new KeyFile(file));
    } catch (IOException | IllegalArgumentException e) {
      throw new CommandFailed(String.valueOf(e.getMessage()), e);
    }
  }
}
