// SPDX-License-Identifier: Apache-2.0
/** The Dropwizard service: all wiring. */
@NullMarked
package io.nextclick.serving;

import org.jspecify.annotations.NullMarked;
