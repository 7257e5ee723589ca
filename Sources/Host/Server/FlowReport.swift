// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Synchronization

/// Says what has flowed since it was last asked, in one line.
final class FlowReport: Sendable {
  private let topics: TopicDirectory
  private let last = Mutex<[String: UInt64]>([:])

  init(_ topics: TopicDirectory) {
    self.topics = topics
  }

  /// The busiest topics with what they gained; `nil` when nothing flowed.
  func next() -> String? {
    let counts = topics.all.map { (name: $0.name, count: $0.statistics.published) }
    let gains = last.withLock { last in
      let gains = counts.map { ($0.name, $0.count - (last[$0.name] ?? 0), $0.count) }
      last = Dictionary(counts.map { ($0.name, $0.count) }, uniquingKeysWith: max)
      return gains.filter { $0.1 > 0 }.sorted { $0.1 > $1.1 }
    }
    guard !gains.isEmpty else { return nil }
    let time = RFC3339.format(milliseconds: topics.clock.now.milliseconds).dropFirst(11).prefix(8)
    let shown = gains.prefix(6).map { "\($0.0) +\($0.1) (\($0.2))" }.joined(separator: "   ")
    let rest = gains.count > 6 ? "   and \(gains.count - 6) more topics" : ""
    return "\(time)  \(shown)\(rest)"
  }
}
