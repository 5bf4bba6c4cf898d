// SPDX-License-Identifier: Apache-2.0
/** What a user did, as one record, and its JSON form. */
@NullMarked
package io.nextclick.features.event;

import org.jspecify.annotations.NullMarked;
