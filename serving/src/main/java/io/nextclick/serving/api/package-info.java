// SPDX-License-Identifier: Apache-2.0
/** The JSON of the HTTP interface, and the strict way in. */
@NullMarked
package io.nextclick.serving.api;

import org.jspecify.annotations.NullMarked;
