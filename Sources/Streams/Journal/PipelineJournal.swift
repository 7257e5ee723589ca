// SPDX-License-Identifier: Apache-2.0

/// The stored state of one pipeline, in parts by key; it changes with what the pipeline writes, by
/// ``TopicJournal/append(_:completion:)``.
public protocol PipelineJournal: AnyObject, Sendable {
  /// The definition under which its state was stored.
  var definition: String { get }

  /// All parts, in the order of their keys; suspends for the disk.
  ///
  /// - Throws: ``JournalError``.
  nonisolated(nonsending) func read() async throws(JournalError) -> [StatePart]

  /// Forgets the state and gives it another definition; suspends for the disk.
  ///
  /// - Throws: ``JournalError``; nothing was changed.
  nonisolated(nonsending) func reset(definition: String) async throws(JournalError)

  /// Makes changes of the state ready to be stored, on the caller's task: what takes long is done before
  /// anybody waits for it.
  ///
  /// - Parameter parts: The parts that have changed; of those with the same key the last one counts.
  /// - Returns: What a commit is given; `nil` if there is nothing to store.
  func prepare(_ parts: [StatePart]) -> (any PreparedState)?
}

/// Changes of a pipeline's state, as its journal stores them.
public protocol PreparedState: AnyObject, Sendable {
  /// The bytes that wait with it.
  var bytes: Int { get }
}

/// A part of a pipeline's state.
public struct StatePart: Hashable, Sendable {
  /// Which part.
  public let key: [UInt8]
  /// What it is; `nil` if it is gone.
  public let value: [UInt8]?

  /// Makes a part.
  public init(_ key: [UInt8], _ value: [UInt8]?) {
    (self.key, self.value) = (key, value)
  }
}
