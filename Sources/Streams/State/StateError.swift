// SPDX-License-Identifier: Apache-2.0

/// Why state could not be written down or read back; nothing was restored.
public enum StateError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A value's type is neither ``StateCodable`` nor `Codable`.
  case notEncodable(type: String)
  /// The value refused to be written down or read back.
  case value(type: String, reason: String)
  /// The state would be larger than is allowed: that of a stage, if its name is known.
  case tooLarge(limit: Int, stage: String? = nil)
  /// The bytes end too early, or say something impossible.
  case malformed(at: Int, expected: String)
  /// The state is that of another stage: the definition has changed.
  case otherStage(expected: String, found: String)
  /// The state was written by a newer version of the stage.
  case newerVersion(stage: String, version: Int)

  /// What happened and what helps.
  public var description: String {
    switch self {
    case .notEncodable(let type):
      "\(type) can't be stored in a checkpoint; make it Codable or StateCodable"
    case .value(let type, let reason):
      "a \(type) in a checkpoint is refused: \(reason)"
    case .tooLarge(let limit, let stage):
      "the state\(stage.map { " of '\($0)'" } ?? "") has more than \(limit) bytes in one piece; "
        + "bound what it keeps for a key, its windows or its time to live, or keep less by the key"
    case .malformed(let index, let expected):
      "the checkpoint is damaged at byte \(index): expected \(expected)"
    case .otherStage(let expected, let found):
      "the checkpoint holds the state of '\(found)' where the pipeline has '\(expected)'; "
        + "start anew, or give the changed pipeline another name"
    case .newerVersion(let stage, let version):
      "the state of '\(stage)' has version \(version), which this program does not know; update it"
    }
  }
}
