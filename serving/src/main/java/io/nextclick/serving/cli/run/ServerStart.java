// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.run;

import io.nextclick.model.bundle.MalformedBundleException;
import io.nextclick.serving.NextclickServer;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.NativeLibraries;
import io.nextclick.serving.config.InvalidConfigurationException;
import java.io.IOException;
import java.net.BindException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** Starts the service, and says in one line why it does not start. */
final class ServerStart {

  private ServerStart() {}

  /** Starts with the port for requests closed. */
  static NextclickServer startClosed(Path config) throws Exception {
    return start(() -> NextclickServer.startClosed(config));
  }

  static NextclickServer start(@Nullable Path config, @Nullable Path from) throws Exception {
    return start(() -> NextclickServer.start(config, from));
  }

  private static NextclickServer start(Callable<NextclickServer> start) throws Exception {
    try {
      return start.call();
    } catch (InvalidConfigurationException e) {
      throw new CommandFailed(String.valueOf(e.getMessage()), e);
    } catch (NoSuchFileException e) {
      String reason = e.getReason();
      throw new CommandFailed(reason == null ? "there is no file " + e.getFile() : reason, e);
    } catch (MalformedBundleException e) {
      throw new CommandFailed("the model may not serve: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new CommandFailed(String.valueOf(e.getMessage()), e);
    } catch (LinkageError e) {
      throw NativeLibraries.explain(e);
    } catch (RuntimeException e) {
      // The server wraps what went wrong with a port.
      if (e.getCause() instanceof IOException cause && cause.getCause() instanceof BindException) {
        throw new CommandFailed(
            cause.getMessage() + ": another process uses this port; stop it, or change server", e);
      }
      throw e;
    }
  }
}
