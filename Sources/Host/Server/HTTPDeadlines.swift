// SPDX-License-Identifier: Apache-2.0
import Codecs

/// How long a peer may take.
struct HTTPDeadlines: Sendable {
  /// For the head of a request, from its first byte or the opening of the connection.
  var head: Duration = .seconds(15)
  /// For a body that is taken as a whole: 1 MiB at 140 kbit/s.
  var body: Duration = .seconds(60)
  /// Between two pieces of a streamed body.
  var pause: Duration = .seconds(30)
  /// Between two requests, and between two looks at whether answers are taken.
  var idle: Duration = .seconds(75)
  /// For a publish that a slow consumer holds back.
  var held: Duration = .seconds(20)
  /// For reading the last answer.
  var linger: Duration = .seconds(2)
}

extension HTTPLimits {
  /// The largest body that is read though nobody wants it, so that its connection lives on.
  static let discardedBytes = 64 << 10
  /// What a peer must take of its answers between two deadlines, so that it is waited for.
  static let leastTakenBytes: UInt64 = 16 << 10
  /// The smallest answer that is compressed: a smaller one fits into a packet or two anyway.
  static let codedBytes = 1 << 10
}
