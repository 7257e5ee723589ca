// SPDX-License-Identifier: Apache-2.0

/// Why text is no ``ResumePoint``.
public enum ResumeViolation: Error, Equatable, Sendable, CustomStringConvertible {
  /// The text exceeds the limit.
  case tooLong(limitBytes: Int)
  /// The position at the index, from 0, is not `topic:epoch:offset`.
  case malformedPosition(index: Int)
  /// The topic occurs twice.
  case repeatedTopic(String)

  /// What is wrong, for the person who wrote the client.
  public var description: String {
    switch self {
    case .tooLong(let limit): "the resume position is longer than \(limit) bytes"
    case .malformedPosition(let index): "resume position \(index + 1) is not 'topic:epoch:offset'"
    case .repeatedTopic(let topic): "topic '\(topic)' occurs twice in the resume position"
    }
  }
}

/// Where a subscriber stands in several topics, as one line of ASCII.
///
/// `activity:3f2a:17,system:91bc:4` fits an SSE `id:`, a header and a query; topics and epochs are
/// percent-encoded. No position at all is the empty text.
public struct ResumePoint: Equatable, Sendable {
  /// Where a subscriber stands in one topic.
  public struct Position: Equatable, Sendable {
    /// The topic.
    public var topic: String
    /// The epoch of its log.
    public var epoch: String
    /// The offset of the last event seen.
    public var offset: UInt64

    /// Creates a position.
    public init(topic: String, epoch: String, offset: UInt64) {
      self.topic = topic
      self.epoch = epoch
      self.offset = offset
    }
  }

  /// The positions, one per topic, in the order they were set.
  public private(set) var positions: [Position] = []

  /// Creates a resume point; of several positions in one topic the last holds.
  public init(_ positions: [Position] = []) {
    for position in positions { set(position) }
  }

  /// The position in `topic`, or `nil` when there is none.
  public subscript(topic: String) -> Position? { positions.first { $0.topic == topic } }

  /// Sets the position in a topic.
  public mutating func set(_ position: Position) {
    if let index = positions.firstIndex(where: { $0.topic == position.topic }) {
      positions[index] = position
    } else {
      positions.append(position)
    }
  }

  /// The positions as text.
  public var text: String {
    positions.map { position in
      let topic = PercentEncoding.encode(position.topic)
      let epoch = PercentEncoding.encode(position.epoch)
      return "\(topic):\(epoch):\(position.offset)"
    }
    .joined(separator: ",")
  }

  /// Reads what ``text`` wrote.
  ///
  /// - Parameters:
  ///   - text: A `Last-Event-ID` or a query's value.
  ///   - maximumBytes: Longest text, in bytes. Default 8 KiB, as a header field.
  /// - Returns: The positions.
  /// - Throws: ``ResumeViolation``, the client's fault.
  public static func parse(
    _ text: String,
    maximumBytes: Int = 8 << 10
  ) throws(ResumeViolation) -> ResumePoint {
    guard text.utf8.count <= maximumBytes else { throw .tooLong(limitBytes: maximumBytes) }
    var point = ResumePoint()
    guard !text.isEmpty else { return point }
    var topics: Set<String> = []
    let parts = text.utf8.split(separator: ASCII.comma, omittingEmptySubsequences: false)
    for (index, part) in parts.enumerated() {
      guard let position = Self.position(part) else { throw .malformedPosition(index: index) }
      guard topics.insert(position.topic).inserted else { throw .repeatedTopic(position.topic) }
      point.positions.append(position)
    }
    return point
  }

  private static func position(_ text: Substring.UTF8View) -> Position? {
    // From behind: a query that was decoded once too often has the topic's own colons in it.
    guard let last = text.lastIndex(of: ASCII.colon),
      let first = text[..<last].lastIndex(of: ASCII.colon), text.allSatisfy(\.isVisibleASCII),
      let topic = PercentEncoding.decode(Substring(text[..<first])),
      let epoch = PercentEncoding.decode(Substring(text[text.index(after: first)..<last])),
      case let number = text[text.index(after: last)...], number.allSatisfy(\.isASCIIDigit),
      let offset = UInt64(Substring(number))
    else { return nil }
    return Position(topic: topic, epoch: epoch, offset: offset)
  }
}
