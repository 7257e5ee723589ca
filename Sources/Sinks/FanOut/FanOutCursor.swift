// SPDX-License-Identifier: Apache-2.0
import Streams

/// Where a session stands in a topic that it reads in one format; confined to its loop.
public final class FanOutCursor {
  let log: FrameLog
  /// What the session calls it: a place in a list of its own.
  let number: Int
  /// The offset that is read next.
  var next: Offset
  /// The end of the topic, as far as the shard has told of it: up to there nobody needs to be asked.
  private(set) var head: Offset
  /// Whether it stands in its session's list of those with news.
  var isDue = false
  /// Its place among the readers of its topic, kept by the shard; `nil` while it is not read.
  var place: Int?

  /// Makes a cursor that has heard of nothing yet.
  init(_ log: FrameLog, next: Offset, number: Int = 0) {
    self.log = log
    self.number = number
    self.next = next
    head = next
  }

  var topic: Topic<Event> { log.topic }
  /// Whether there is something to read.
  var hasNews: Bool { next < head }

  /// Notes the end of the topic.
  func hear(_ head: Offset) {
    self.head = max(self.head, head)
  }

  /// Moves behind what was read.
  ///
  /// - Parameters:
  ///   - offset: What is read next.
  ///   - found: Whether there was anything; if not, there is no more until the next news.
  func move(to offset: Offset, found: Bool) {
    next = offset
    if !found { head = offset }
  }
}
