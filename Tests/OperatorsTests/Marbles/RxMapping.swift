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

    "distinct": { flow, call in
      if call.optional(1) != nil { throw RxUnmapped(RxDifferences.flushes) }
      let key = try call.optional(0).map { _ in try call.function() }
      return flow.removeDuplicates(by: { key?($0) ?? $0 }, amongLast: 1_000).erased
    },
    "distinctUntilChanged": { flow, call in
      if call.optional(0) != nil { throw RxUnmapped(RxDifferences.comparator) }
      guard call.optional(1) != nil else { return flow.removeDuplicates().erased }
      let key = try call.function(1)
      if key.throwsSometimes { throw RxUnmapped(RxDifferences.throwing) }
      return flow.removeDuplicates { key($0) }.erased
    },
    "pairwise": { flow, _ in
      flow.pairwise().map { RxTerm.list([$0.previous, $0.current]) }.erased
    },
    "skip": { flow, call in flow.drop(max(0, try call.number(0))).erased },
    "startWith": { flow, call in flow.prepend(contentsOf: call.values).erased },
    "take": { flow, call in flow.prefix(max(0, try call.number(0))).erased },
    "takeUntil": { flow, call in flow.prefix(until: try call.firstInstant()).erased },
    "takeWhile": { flow, call in
      let condition = try call.function()
      if condition.throwsSometimes { throw RxUnmapped(RxDifferences.throwing) }
      return call.optional(1)?.isTruthy == true
        ? flow.prefix(includingLast: true) { condition($0).isTruthy }.erased
        : flow.prefix { condition($0).isTruthy }.erased
    },
    "bufferCount": { flow, call in
      if call.optional(1) != nil { throw RxUnmapped(RxDifferences.overlapping) }
      return flow.chunked(by: try call.number(0)).map { RxTerm.list($0) }.erased
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

  /// The arguments that are values, without the scheduler.
  fileprivate var values: [RxTerm] { terms.filter { $0.kind != "testScheduler" } }

  /// When another stream says something first; never if it does not.
  fileprivate func firstInstant() throws -> Timestamp {
    guard let stream = terms.first else { throw RxUnmapped("no stream") }
    let wait = try self.wait(for: stream, false, mayBeHot: true)
    return wait == 1_000_000 ? .never : Timestamp(milliseconds: Int64(wait))
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
