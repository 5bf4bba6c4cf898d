// SPDX-License-Identifier: Apache-2.0
/** Health and readiness on the admin port. */
@NullMarked
package io.nextclick.serving.health;

import org.jspecify.annotations.NullMarked;
