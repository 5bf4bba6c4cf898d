// SPDX-License-Identifier: Apache-2.0
/** The models in service: what is routed to, leased, loaded, refitted. */
@NullMarked
package io.nextclick.serving.models;

import org.jspecify.annotations.NullMarked;
