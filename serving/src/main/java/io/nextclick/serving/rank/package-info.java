// SPDX-License-Identifier: Apache-2.0
/** From a request to a ranked list: state, candidates, filters, scores, the best; knows no HTTP. */
@NullMarked
package io.nextclick.serving.rank;

import org.jspecify.annotations.NullMarked;
