// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.access;

import picocli.CommandLine.Command;

/** {@code nextclick keys}: API keys of callers. */
@Command(
    name = "keys",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = {
      "Makes, lists, exchanges and revokes API keys: who may do what at the service.",
      "The file holds hashes, so a key is shown once. A running service reads the file again when"
          + " it changes, in a second or two; from the first key on, every request needs one."
    },
    subcommands = {
      KeysAddCommand.class,
      KeysListCommand.class,
      KeysRotateCommand.class,
      KeysRevokeCommand.class
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  nextclick keys add shop --role rank --role write-events",
      "  nextclick keys add batch --role read-users --expires 90d",
      "  nextclick keys rotate shop --overlap 1d",
      "  nextclick keys revoke shop"
    })
public final class KeysCommand {}
