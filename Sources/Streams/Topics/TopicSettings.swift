// SPDX-License-Identifier: Apache-2.0

/// What a topic is made with and never changes; topics that are made alike share it.
@usableFromInline
final class TopicSettings<Element: Sendable>: Sendable {
  @usableFromInline let retention: Retention
  @usableFromInline let clock: any EngineClock
  @usableFromInline let weigher: Weigher<Element>
  @usableFromInline let idempotency: IdempotencyLimits
  @usableFromInline let work: TopicWork<Element>
  /// What makes the topics of a directory tables; `nil` for others.
  let table: TableSettings?

  @usableFromInline
  init(
    retention: Retention,
    clock: any EngineClock,
    weigher: Weigher<Element>,
    idempotency: IdempotencyLimits,
    work: TopicWork<Element>,
    table: TableSettings? = nil
  ) {
    self.retention = retention
    self.clock = clock
    self.weigher = weigher
    self.idempotency = idempotency
    self.work = work
    self.table = table
  }
}
