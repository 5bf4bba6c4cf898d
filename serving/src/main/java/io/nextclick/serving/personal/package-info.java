// SPDX-License-Identifier: Apache-2.0
/** Everything that is known of a user, for that user. */
@NullMarked
package io.nextclick.serving.personal;

import org.jspecify.annotations.NullMarked;
