// SPDX-License-Identifier: Apache-2.0
/** From a request to a ranked list: candidates, models, admission, the live log. */
@NullMarked
package io.nextclick.serving.core;

import org.jspecify.annotations.NullMarked;
