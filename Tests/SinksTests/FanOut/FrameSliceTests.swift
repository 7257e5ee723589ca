// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing

@testable import Sinks

@Suite struct FrameSliceTests {
  private let turns = Turns()
  private let topic = makeTopic("a")

  private func slice(_ frames: [[UInt8]]) -> FrameSlice {
    FrameSlice(FrameLog.Slice(frames: frames, next: 9))
  }

  @Test func `frames are joined in order, unless there is nothing to join or too much`() {
    #expect(slice([[1, 2], [3], [], [4]]).joined == [1, 2, 3, 4])
    #expect(slice([[1, 2]]).joined == [1, 2])
    #expect(slice([]).joined == nil)
    let half = [UInt8](repeating: 7, count: FanOutLimits.batchBytes / 2)
    #expect(slice([half, half]).joined?.count == FanOutLimits.batchBytes)
    #expect(slice([half, half, [1]]).joined == nil)
    // A lone frame is not copied, whatever its size.
    #expect(slice([half + half + half]).joined?.count == 3 * half.count)
  }

  @Test func `sessions at one offset get the same slice, and nobody keeps it`() {
    let shard = turns.makeShard()
    let sessions = (1...3).map { _ in FakeSession(shard) }
    var (slices, offsets): ([FrameSlice], [Offset]) = ([], [])
    for session in sessions {
      session.read(topic, in: shard)
      session.onPump = { [unowned session] in
        let cursor = session.cursors[0]
        guard cursor.hasNews else { return }
        if let slice = shard.slice(of: cursor.log, from: cursor.next) { slices.append(slice) }
        offsets.append(cursor.next)
      }
    }
    turns.settle(shard)
    topic.appendNumbers(1...20)
    // One stands elsewhere, at a place that takes the same slot of the cache.
    sessions[1].cursors[0].next = 17
    turns.settle(shard)
    #expect(offsets.sorted() == [1, 1, 17])
    let early = zip(slices, offsets).filter { $0.1 == 1 }.map(\.0)
    #expect(early.allSatisfy { $0.frames.count == 20 && $0.next == 21 })
    let late = zip(slices, offsets).filter { $0.1 == 17 }.map(\.0)
    #expect(late.allSatisfy { $0.frames.count == 4 && $0.next == 21 })
    weak let kept = slices[0]
    slices = []
    withExtendedLifetime((early, late)) {}
    _ = consume early
    _ = consume late
    #expect(kept == nil)
  }

  @Test func `a slice is shared within a flush only`() throws {
    let shard = turns.makeShard()
    let log = shard.frames.log(topic, .webSocket(channel: "a"))
    topic.append(event("1"))
    let first = try #require(shard.slice(of: log, from: 1))
    let second = try #require(shard.slice(of: log, from: 1))
    #expect(first !== second)
    #expect(first.frames == second.frames)
  }

  @Test func `logs and offsets of one slot are told apart`() {
    var cache = FrameSliceCache()
    var kept: [ObjectIdentifier] = []
    let logs = (1...40).map { FrameLog(makeTopic("t\($0)"), .webSocket(channel: "t\($0)")) }
    for log in logs {
      for offset in 1...40 as ClosedRange<Offset> {
        let slice = FrameSlice(FrameLog.Slice(next: offset))
        cache.keep(slice, of: log, from: offset)
        #expect(cache.slice(of: log, from: offset) === slice)
        #expect(cache.slice(of: log, from: offset + 16) == nil)
        for other in logs where !kept.contains(ObjectIdentifier(other)) && other !== log {
          #expect(cache.slice(of: other, from: offset) == nil)
        }
      }
      kept.append(ObjectIdentifier(log))
    }
    cache.removeAll()
    for log in logs { #expect(cache.slice(of: log, from: 40) == nil) }
  }
}
