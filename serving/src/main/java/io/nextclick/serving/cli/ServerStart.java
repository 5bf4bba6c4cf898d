// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli;

import io.dropwizard.configuration.ConfigurationException;
import io.nextclick.model.bundle.MalformedBundleException;
import io.nextclick.serving.NextclickServer;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.BindException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Starts the service, and says in one line why it does not start. */
final class ServerStart {

  private static final Pattern FIELD =
      Pattern.compile("\\* (?:Unrecognized field at: )?([\\w.\\[\\]]+)");

  private ServerStart() {}

  static NextclickServer start(@Nullable Path config) throws Exception {
    return start(config, null);
  }

  static NextclickServer start(@Nullable Path config, @Nullable Path from) throws Exception {
    try {
      return NextclickServer.start(config, from);
    } catch (ConfigurationException e) {
      String message = String.valueOf(e.getMessage()).strip();
      throw new CommandFailed(message + place(config, message), e);
    } catch (FileNotFoundException | NoSuchFileException e) {
      throw new CommandFailed("there is no configuration file " + config, e);
    } catch (MalformedBundleException e) {
      throw new CommandFailed("the model may not serve: " + e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new CommandFailed(config + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw new CommandFailed(String.valueOf(e.getMessage()), e);
    } catch (RuntimeException e) {
      // The server wraps what went wrong with a port.
      if (e.getCause() instanceof IOException cause && cause.getCause() instanceof BindException) {
        throw new CommandFailed(
            cause.getMessage() + ": another process uses this port; stop it, or change server", e);
      }
      throw e;
    }
  }

  /** The line of the first field that the message names, so that nobody has to search for it. */
  private static String place(@Nullable Path config, String message) {
    Matcher field = FIELD.matcher(message);
    if (config == null || !field.find()) {
      return "";
    }
    String path = field.group(1);
    String key = path.substring(path.lastIndexOf('.') + 1).replaceAll("\\[.*", "");
    try {
      List<String> lines = Files.readAllLines(config);
      for (int i = 0; i < lines.size(); i++) {
        if (lines.get(i).matches(".*\\b" + Pattern.quote(key) + "\\s*:.*")) {
          return " (" + config + ", line " + (i + 1) + ")";
        }
      }
    } catch (IOException unreadable) {
      return "";
    }
    return "";
  }
}
