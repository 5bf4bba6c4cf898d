// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.core;

import io.nextclick.ingest.kafka.KafkaSettings;
import java.io.IOException;

/** The Kafka cluster that events come from: one that is there, or one that is started first. */
public interface LogSource extends AutoCloseable {

  /**
   * Returns when clients may connect; called once, on a platform thread.
   *
   * @throws IOException if the cluster cannot be started
   */
  KafkaSettings open() throws IOException;

  @Override
  default void close() {}

  /** A cluster that others run. */
  static LogSource of(KafkaSettings settings) {
    return () -> settings;
  }
}
