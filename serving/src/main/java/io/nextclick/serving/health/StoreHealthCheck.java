// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.health;

import com.codahale.metrics.health.HealthCheck;
import io.nextclick.serving.state.ServingStore;
import java.io.IOException;
import java.util.List;

/** Whether the store can be read and its file system looked at. */
public final class StoreHealthCheck extends HealthCheck {

  private static final String NOBODY = "health-check";

  private final ServingStore store;

  public StoreHealthCheck(ServingStore store) {
    this.store = store;
  }

  @Override
  protected Result check() throws IOException {
    store.current().get(NOBODY);
    List<String> faults = store.faults().told();
    if (!faults.isEmpty()) {
      return Result.unhealthy("%s", String.join("; ", faults));
    }
    return Result.healthy("%d bytes free", store.current().freeBytes());
  }
}
