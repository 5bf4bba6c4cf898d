// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.health;

import com.codahale.metrics.health.HealthCheck;
import io.nextclick.serving.access.Access;
import org.jspecify.annotations.Nullable;

/** Whether the keys that count are those of their files. */
public final class AccessHealthCheck extends HealthCheck {

  private final Access access;

  public AccessHealthCheck(Access access) {
    this.access = access;
  }

  @Override
  protected Result check() {
    @Nullable String fault = access.fault();
    return fault == null ? Result.healthy() : Result.unhealthy("%s", fault);
  }
}
