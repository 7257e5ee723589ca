// SPDX-License-Identifier: Apache-2.0

/// A publish that waits until the slowest lossless cursor has room.
@usableFromInline
struct HeldPublish<Element: Sendable> {
  /// Somebody who wants to know what becomes of it.
  struct Caller {
    let id: UInt64
    let completion: @Sendable (Result<Receipt, PublishError>) -> Void
  }

  let elements: [Element]
  let bytes: Int
  /// Its idempotency key, if it has one.
  let key: PublishKey?
  /// What the row of its one element must be when it is stored; `nil` for anything.
  let condition: RowCondition?
  /// Who published it, and who repeated it under its key; never empty.
  var callers: [Caller]

  /// Tells every caller.
  func tell(_ result: Result<Receipt, PublishError>) {
    for caller in callers { caller.completion(result) }
  }
}
