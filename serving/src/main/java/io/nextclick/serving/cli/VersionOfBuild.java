// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli;

import io.nextclick.serving.Version;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} prints. */
public final class VersionOfBuild implements IVersionProvider {

  @Override
  public String[] getVersion() {
    return new String[] {
      "nextclick %s, Java %s".formatted(Version.current(), Runtime.version().feature())
    };
  }
}
