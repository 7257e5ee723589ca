// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams

/// Which operator of ours says what an operator of RxJS says: one line for each.
///
/// What is neither here nor among ``RxDifferences`` makes the test of the vectors fail.
enum RxMapping {
  typealias Map = @Sendable (RxFlow, RxArguments) throws -> RxFlow

  static let operators: [String: Map] = [
    // One element in, at most one out.
    "map": { flow, call in
      let transform = try call.function()
      return flow.map { transform($0) }.erased
    },
    "scan": { flow, call in
      guard let seed = call.optional(1) else { throw RxUnmapped(RxDifferences.noSeed) }
      let combine = try call.function()
      return flow.scan(seed) { $0 = combine($1) }.erased
    },
    "reduce": { flow, call in
      guard let seed = call.optional(1) else { throw RxUnmapped(RxDifferences.noSeed) }
      let combine = try call.function()
      return flow.reduce(into: seed) { sum, element in sum = combine(element) }.erased
    },

    // Time.
    "auditTime": { flow, call in flow.audit(for: try call.milliseconds(0)).erased },
    "audit": { flow, call in flow.audit(for: try call.constantDuration()).erased },
    "debounceTime": { flow, call in flow.debounce(for: try call.milliseconds(0)).erased },
    "debounce": { flow, call in flow.debounce(for: try call.constantDuration()).erased },
    "delay": { flow, call in flow.delay(by: max(.zero, try call.milliseconds(0))).erased },
    "sampleTime": { flow, call in flow.sample(every: try call.milliseconds(0)).erased },
    "throttleTime": { flow, call in
      flow.throttle(for: try call.milliseconds(0), keeping: call.keeping).erased
    },
    "throttle": { flow, call in
      flow.throttle(for: try call.constantDuration(endCounts: true), keeping: call.keeping).erased
    },
    "timeout": { flow, call in try call.timeout(flow) },

    // Several sources.
    "mergeWith": { flow, call in MergedSource([flow] + (try call.flows())).erased },
  ]
}

extension RxArguments {
  /// What `leading` and `trailing` say.
  fileprivate var keeping: ThrottleKeeping {
    let isLeading = option("leading")?.isTruthy ?? true
    let isTrailing = option("trailing")?.isTruthy ?? false
    return isTrailing ? (isLeading ? .both : .latest) : .first
  }

  /// RxJS counts from the subscription on, which is at 0.
  fileprivate func timeout(_ flow: RxFlow) throws -> RxFlow {
    if option("with") != nil { throw RxUnmapped(RxDifferences.timeoutWith) }
    let each = (optional(0)?.number ?? option("each")?.number).map {
      Duration.milliseconds(Int($0))
    }
    let first = (option("first")?.number).map { Duration.milliseconds(Int($0)) } ?? each
    guard let first else { throw RxUnmapped("no time") }
    return flow.timeout(first: first, since: 0, then: each).erased
  }
}
