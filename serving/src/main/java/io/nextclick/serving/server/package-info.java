// SPDX-License-Identifier: Apache-2.0
/** What bounds the HTTP server in front of all resources: connections, slow bodies, open files. */
@NullMarked
package io.nextclick.serving.server;

import org.jspecify.annotations.NullMarked;
