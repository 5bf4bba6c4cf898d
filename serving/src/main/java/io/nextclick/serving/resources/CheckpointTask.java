// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.resources;

import io.dropwizard.servlets.tasks.Task;
import io.nextclick.serving.state.Checkpoints;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;

/** {@code POST /tasks/checkpoint} on the admin port: writes a checkpoint, answers with its path. */
public final class CheckpointTask extends Task {

  private final Checkpoints checkpoints;

  public CheckpointTask(Checkpoints checkpoints) {
    super("checkpoint");
    this.checkpoints = checkpoints;
  }

  @Override
  public void execute(Map<String, List<String>> parameters, PrintWriter output) throws IOException {
    output.println(checkpoints.write());
  }
}
