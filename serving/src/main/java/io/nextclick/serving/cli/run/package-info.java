// SPDX-License-Identifier: Apache-2.0
/** Commands that run the service: serve, and the demo. */
@NullMarked
package io.nextclick.serving.cli.run;

import org.jspecify.annotations.NullMarked;
