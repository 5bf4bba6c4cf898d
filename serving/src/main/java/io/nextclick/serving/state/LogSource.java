// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.state;

import io.nextclick.ingest.kafka.client.KafkaSettings;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The Kafka cluster that events come from: one that is there, or one that is started first. */
public interface LogSource extends AutoCloseable {

  /**
   * Returns when clients may connect; called once, on a platform thread.
   *
   * @throws IOException if the cluster cannot be started
   */
  KafkaSettings open() throws IOException;

  /** Why the log is gone since it was opened, with the remedy; null while it is there. */
  default @Nullable String fault() {
    return null;
  }

  /** Why the log should take no events though it could, with the remedy; null when it should. */
  default @Nullable String full() {
    return null;
  }

  @Override
  default void close() {}

  /** A cluster that others run. */
  static LogSource of(KafkaSettings settings) {
    return () -> settings;
  }
}
