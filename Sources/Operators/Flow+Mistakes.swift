// SPDX-License-Identifier: Apache-2.0
public import Streams

// What the compiler says of usual mistakes. None of these can be called: it looks at them only when
// nothing else fits, so they cost nothing where all is right.

extension Flow {
  /// Says what to use instead.
  @available(*, unavailable, message: "an operator's closure does not wait: use mapAsync")
  public func map<Output: Sendable>(
    _ transform: @escaping @Sendable (Chain.Output) async throws -> Output
  ) -> Flow<Identity<Output>> { preconditionFailure("it can't be called") }

  /// Says what to use instead.
  @available(
    *,
    unavailable,
    message: "an operator's closure does not wait: use mapAsync, then filter"
  )
  public func filter(
    _ isIncluded: @escaping @Sendable (Chain.Output) async throws -> Bool
  ) -> Flow { preconditionFailure("it can't be called") }

  /// Says what to use instead.
  @available(
    *,
    unavailable,
    message: "an operator's closure does not wait: use mapAsync, then compactMap"
  )
  public func compactMap<Output: Sendable>(
    _ transform: @escaping @Sendable (Chain.Output) async throws -> Output?
  ) -> Flow<Identity<Output>> { preconditionFailure("it can't be called") }

  /// Says what to use instead.
  @available(*, unavailable, message: "an operator's closure does not wait: use mapAsync")
  public func tap(
    _ observe: @escaping @Sendable (Chain.Output) async throws -> Void
  ) -> Flow { preconditionFailure("it can't be called") }

  /// Says what does not fit.
  @available(*, unavailable, message: "the keys of both flows must be of one type")
  public func join<Other: Operator, Key, OtherKey>(
    _ other: Flow<Other>,
    on key: @escaping @Sendable (Chain.Output) -> Key,
    equals otherKey: @escaping @Sendable (Other.Output) -> OtherKey
  ) -> Flow<Identity<Joined<Chain.Output, Other.Output>>> {
    preconditionFailure("it can't be called")
  }

  /// Says what does not fit.
  @available(*, unavailable, message: "the keys of both flows must be of one type")
  public func join<Other: Operator, Key, OtherKey>(
    _ other: Flow<Other>,
    on key: @escaping @Sendable (Chain.Output) -> Key,
    equals otherKey: @escaping @Sendable (Other.Output) -> OtherKey,
    within interval: ClosedRange<Duration>,
    at time: @escaping @Sendable (Chain.Output) -> Timestamp,
    _ otherTime: @escaping @Sendable (Other.Output) -> Timestamp
  ) -> Flow<Identity<Joined<Chain.Output, Other.Output>>> {
    preconditionFailure("it can't be called")
  }

  /// Says what does not fit.
  @available(*, unavailable, message: "the keys of both flows must be of one type")
  public func join<Other: Operator, Key, OtherKey>(
    _ other: Flow<Other>,
    on key: @escaping @Sendable (Chain.Output) -> Key,
    equals otherKey: @escaping @Sendable (Other.Output) -> OtherKey,
    in windows: AlignedWindows,
    at time: @escaping @Sendable (Chain.Output) -> Timestamp,
    _ otherTime: @escaping @Sendable (Other.Output) -> Timestamp
  ) -> Flow<Identity<Joined<Chain.Output, Other.Output>>> {
    preconditionFailure("it can't be called")
  }
}
