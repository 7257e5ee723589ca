// SPDX-License-Identifier: Apache-2.0
public import Codecs
import Streams

/// A chain of operators that a client has asked for, understood and checked.
///
/// Two chains that say the same, in whatever spelling, are equal and have the same ``canonicalForm``:
/// those who ask for them share one derived topic.
public struct ChainPlan: Sendable, Hashable {
  /// One stage, with its number in the chain as it was written, from 1.
  struct Numbered: Sendable {
    let number: Int
    var stage: ChainStage
  }

  /// The version of what stages mean: a part of ``canonicalForm``, so that nothing is taken for
  /// recovered whose results would be others today.
  public static let version = 1

  /// The chain as it was written, as JSON without blanks; equal plans may have other texts.
  public let text: [UInt8]
  /// Text that says what the chain says, the same for all of its spellings, for comparing.
  public let canonicalForm: [UInt8]
  /// A hash of ``canonicalForm`` that is the same in every process.
  public let hash: UInt64
  /// What it may take.
  public let cost: ChainCost
  let stages: [Numbered]

  /// Reads the stages of a chain.
  ///
  /// - Parameters:
  ///   - json: A list of objects with one operator each, the value of `pipe`.
  ///   - limits: What is allowed.
  /// - Throws: ``ChainViolation``, the fault of who wrote it.
  public init(_ json: JSONView, limits: ChainLimits = .init()) throws(ChainViolation) {
    guard json.bytes.count <= limits.maximumBytes else {
      throw ChainViolation(
        .limit,
        stage: nil,
        "a chain may have at most \(limits.maximumBytes) bytes, this has \(json.bytes.count)",
        remedy: "shorten it"
      )
    }
    var reader = ChainReader(limits: limits)
    try reader.read(json)
    let budget = ChainBudget(limits: limits)
    stages = try budget.allot(reader.stages)
    cost = try budget.cost(of: stages)
    let form = ChainPlan.form(of: stages)
    var hasher = StableHasher()
    hasher.combine(bytes: form.span)
    (canonicalForm, hash) = (form, hasher.hash)
    text = json.compacted
  }

  /// Reads a chain from its JSON text, such as the query's `pipe` of an event stream.
  ///
  /// - Parameters:
  ///   - text: The text.
  ///   - limits: What is allowed.
  /// - Throws: ``ChainViolation``, the fault of who wrote it.
  public init(text: [UInt8], limits: ChainLimits = .init()) throws(ChainViolation) {
    guard text.count <= limits.maximumBytes else {
      throw ChainViolation(
        .limit,
        stage: nil,
        "a chain may have at most \(limits.maximumBytes) bytes, this has \(text.count)",
        remedy: "shorten it"
      )
    }
    let json: JSONView
    do throws(JSONViolation) {
      json = try JSONView.parse(text)
    } catch {
      throw ChainViolation(stage: nil, "it is no JSON: \(error)", remedy: "write a list of stages")
    }
    try self.init(json, limits: limits)
  }

  /// Tells whether both say the same.
  public static func == (left: ChainPlan, right: ChainPlan) -> Bool {
    left.hash == right.hash && left.canonicalForm == right.canonicalForm
  }

  /// Combines the hash.
  public func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}
