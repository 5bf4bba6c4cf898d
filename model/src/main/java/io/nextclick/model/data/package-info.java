// SPDX-License-Identifier: Apache-2.0
/** From event logs to examples: what training and evaluation both read. */
@NullMarked
package io.nextclick.model.data;

import org.jspecify.annotations.NullMarked;
