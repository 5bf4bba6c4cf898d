// SPDX-License-Identifier: Apache-2.0
/** Health, readiness and metrics on the admin port. */
@NullMarked
package io.nextclick.serving.health;

import org.jspecify.annotations.NullMarked;
