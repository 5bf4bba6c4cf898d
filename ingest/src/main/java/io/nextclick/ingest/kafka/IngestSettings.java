// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import io.nextclick.features.file.DurableFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * How ingest treats the machine that it runs on.
 *
 * @param directory where it keeps the file that breaks crash loops; made when missing
 * @param syncInterval how often the store is forced to the disk; what a loss of power may take back
 *     is read again from Kafka, whose retention must be far longer
 * @param minFreeBytes reading pauses while the store's file system has less room than this
 */
public record IngestSettings(Path directory, Duration syncInterval, long minFreeBytes) {

  /** A sync every five seconds, a pause below 512 MiB. */
  public static IngestSettings in(Path directory) {
    return new IngestSettings(directory, Duration.ofSeconds(5), 512L << 20);
  }

  /** Takes over what an operator has let go in a fold of the same log, see {@link KafkaIngest}. */
  public void takeSkippedOf(IngestSettings other) throws IOException {
    Path chosen = other.skippedOffsets();
    if (Files.exists(chosen)) {
      Files.createDirectories(directory);
      DurableFile.write(skippedOffsets(), Files.readAllBytes(chosen));
    }
  }

  /** The file that says which offsets an operator has let go. */
  Path skippedOffsets() {
    return directory.resolve("skipped-offsets");
  }

  /** These settings with another floor. */
  public IngestSettings withMinFreeBytes(long bytes) {
    return new IngestSettings(directory, syncInterval, bytes);
  }
}
