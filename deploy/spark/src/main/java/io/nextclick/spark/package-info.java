// SPDX-License-Identifier: Apache-2.0
/** The fold and batch scoring as a job of Apache Spark. */
@NullMarked
package io.nextclick.spark;

import org.jspecify.annotations.NullMarked;
