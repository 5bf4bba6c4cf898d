// SPDX-License-Identifier: Apache-2.0
/**
 * Who may do what: keys, tokens and client certificates give callers, callers have roles, and each
 * route names the roles that it asks for.
 */
@NullMarked
package io.nextclick.serving.access;

import org.jspecify.annotations.NullMarked;
