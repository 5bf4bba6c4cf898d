// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.event;

/** What one record of a log decodes to: an event, or the reason why it is none. */
public sealed interface Decoded permits Event, RejectedEvent {}
