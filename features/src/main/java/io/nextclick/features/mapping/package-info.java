// SPDX-License-Identifier: Apache-2.0
/** Events out of JSON of another shape: a mapping says where its parts stand. */
@NullMarked
package io.nextclick.features.mapping;

import org.jspecify.annotations.NullMarked;
