// SPDX-License-Identifier: Apache-2.0
/** The service under open-loop load, beside plain ways to serve the same model. */
@NullMarked
package io.nextclick.bench.serve;

import org.jspecify.annotations.NullMarked;
