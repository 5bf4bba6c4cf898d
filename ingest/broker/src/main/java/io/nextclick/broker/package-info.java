// SPDX-License-Identifier: Apache-2.0
/** A single-node Kafka broker inside the JVM. */
@NullMarked
package io.nextclick.broker;

import org.jspecify.annotations.NullMarked;
