// SPDX-License-Identifier: Apache-2.0
import Transport

@testable import Host

/// Answers with what a test says; may be held up.
actor FakeFetcher: KeyFetcher {
  private(set) var count = 0
  private var answer: Result<[UInt8], KeyFetchFailure>
  private var isHeld = false
  private var held: [CheckedContinuation<Void, Never>] = []
  private var waiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []

  init(_ answer: Result<[UInt8], KeyFetchFailure>) { self.answer = answer }

  func set(_ answer: Result<[UInt8], KeyFetchFailure>) { self.answer = answer }

  func hold() { isHeld = true }

  func release() {
    isHeld = false
    let held = held
    self.held = []
    for continuation in held { continuation.resume() }
  }

  /// Returns once it was asked so many times.
  func isAsked(_ count: Int) async {
    guard self.count < count else { return }
    await withCheckedContinuation { waiters.append((count, $0)) }
  }

  func fetch(_ url: String) async -> Result<[UInt8], KeyFetchFailure> {
    count += 1
    for waiter in waiters where waiter.count <= count { waiter.continuation.resume() }
    waiters.removeAll { $0.count <= count }
    if isHeld { await withCheckedContinuation { held.append($0) } }
    return answer
  }
}
