// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.health;

import com.codahale.metrics.health.HealthCheck;
import io.nextclick.serving.answer.AnswerLog;
import io.nextclick.serving.answer.ClickJoin;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Whether answers are logged and joined with clicks; ranking goes on without either. */
public final class AnswersHealthCheck extends HealthCheck {

  private final AnswerLog log;
  private final ClickJoin clicks;

  public AnswersHealthCheck(AnswerLog log, ClickJoin clicks) {
    this.log = log;
    this.clicks = clicks;
  }

  @Override
  protected Result check() {
    String faults =
        Stream.of(log.fault(), clicks.fault())
            .filter(Objects::nonNull)
            .collect(Collectors.joining("; "));
    return faults.isEmpty() ? Result.healthy() : Result.unhealthy("%s", faults);
  }
}
