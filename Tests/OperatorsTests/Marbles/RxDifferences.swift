// SPDX-License-Identifier: Apache-2.0

/// What of the vectors is not the same here, and why.
enum RxDifferences {
  static let awaited = "not there yet"
  static let noSeed = "our scan and reduce are given the value before the first element"
  static let durationStream = "how long to wait is a time here, not a stream for each element"
  static let timeoutWith = "a timeout fails; what to do then is for supervision or catching to say"
  static let heldAtEnd = "at the end what is held comes out at once: no time could change it"
  static let neverLost = "the last element is never lost"
  static let epochGrid = "samples are taken on the grid of the epoch, to which 0 belongs"
  static let dueAtFailure = "what is due at the instant of a failure comes out before it"

  /// Operators of RxJS for which there is none here.
  static let operators: [String: String] = [
    "bufferCount": awaited,
    "bufferTime": awaited,
    "combineLatest": awaited,
    "concatMap": awaited,
    "concatWith": awaited,
    "distinct": awaited,
    "distinctUntilChanged": awaited,
    "groupBy": awaited,
    "mergeMap": awaited,
    "pairwise": awaited,
    "retry": awaited,
    "sample": "a sample is taken at instants of a grid, not when another stream says so",
    "skip": awaited,
    "startWith": awaited,
    "switchMap": awaited,
    "take": awaited,
    "takeUntil": awaited,
    "takeWhile": awaited,
    "withLatestFrom": awaited,
    "zipWith": awaited,
  ]

  /// Single tests.
  static let tests: [String: String] = [
    "audit operator > should emit last value after duration completes if source completes first":
      heldAtEnd,
    "audit operator > should emit no values and never complete if duration is a never":
      neverLost,
    "audit operator > should emit no values if durations are EMPTY":
      neverLost,
    "audit operator > should handle a busy producer emitting a regular repeating sequence":
      heldAtEnd,
    "audit operator > should mirror source if durations are immediate":
      durationStream,
    "audit operator > should mirror source if durations are synchronous observables":
      durationStream,
    "audit operator > should raise error as soon as just-throw duration is used":
      durationStream,
    "auditTime > should handle a busy producer emitting a regular repeating sequence":
      heldAtEnd,
    "debounce > should debounce by selector observable emits multiple":
      durationStream,
    "debounce > should debounce by selector observable until source completes":
      durationStream,
    "debounce > should raise error when selector function throws":
      durationStream,
    "debounce > should raise error when selector observable raises error":
      durationStream,
    "debounce > should raise error when source raises error with selector observable":
      durationStream,
    "debounce > should support a scalar selector observable":
      durationStream,
    "debounceTime > should delay all elements until source raises error":
      dueAtFailure,
    "delay > should delay complete when a value is scheduled":
      heldAtEnd,
    "reduce > should allow unsubscribing explicitly and early":
      noSeed,
    "reduce > should not complete without seed if source emits but does not completes":
      noSeed,
    "reduce > should not complete without seed if source never completes":
      noSeed,
    "reduce > should raise error if reduce function throws without seed":
      noSeed,
    "reduce > should raise error if source emits and raises error without seed":
      noSeed,
    "reduce > should raise error if source raises error without seed":
      noSeed,
    "reduce > should reduce if source does not emit without seed":
      noSeed,
    "sampleTime > should get samples on a delay":
      epochGrid,
    "sampleTime > should sample if new value has arrived, even if it is the same value":
      neverLost,
    "sampleTime > should sample nothing if new value has not arrived":
      neverLost,
    "throttle > should mirror source if durations are empty":
      durationStream,
    "throttle > should mirror source if durations are immediate":
      durationStream,
    "throttle > should raise error as soon as just-throw duration is used":
      durationStream,
    "throttle > throttle(fn, { leading: false, trailing: true }) > should emit the last trailing value after throttle duration when source completes":
      heldAtEnd,
    "throttle > throttle(fn, { leading: false, trailing: true }) > should emit trailing value after throttle duration when source completes":
      heldAtEnd,
    "throttle > throttle(fn, { leading: false, trailing: true }) > should wait for trailing throttle before completing, even if source completes":
      heldAtEnd,
    "throttle > throttle(fn, { leading: false, trailing: true }) > should work for individual values":
      heldAtEnd,
    "throttle > throttle(fn, { leading: true, trailing: true }) > should emit trailing value after throttle duration when source completes":
      heldAtEnd,
    "timeout operator > using with > should not timeout if source completes within timeout period":
      timeoutWith,
    "timeout operator > using with > should not timeout if source emits within timeout period":
      timeoutWith,
    "timeout operator > using with > should not timeout if source raises error within timeout period":
      timeoutWith,
  ]
}

extension RxDifferences {
  /// Why a test is not the same here, if it is not.
  static func reason(for test: RxTest) -> String? {
    tests[test.name] ?? test.ops.lazy.compactMap { operators[$0] }.first
  }
}
