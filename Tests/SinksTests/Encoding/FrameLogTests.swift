// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Testing
import WeirTesting

@testable import Sinks

@Suite struct FrameLogTests {
  private func frame(_ topic: Topic<Event>, _ offset: Offset, _ json: String) -> [UInt8] {
    let entry = EventEntry(event: event(json), offset: offset, appended: 0, epoch: topic.epoch)
    return WireFormat.webSocket(channel: "t").encode(entry, FrameCompressor())
  }

  private func read(_ log: FrameLog, _ offset: Offset, count: Int = 64) -> FrameLog.Slice {
    log.slice(from: offset, maximumCount: count, maximumBytes: 1 << 20)
  }

  @Test func `readers at the head share what was encoded once`() {
    let topic = makeTopic()
    let log = FrameLog(topic, .webSocket(channel: "t"))
    for number in 1...500 {
      topic.append(event("\(number)"))
      for _ in 1...5 {
        let slice = read(log, Offset(number))
        #expect(slice.frames == [frame(topic, Offset(number), "\(number)")])
        #expect(slice.next == Offset(number) + 1)
      }
    }
    #expect(log.encodedCount == 500)
  }

  @Test func `a topic without news gives nothing`() {
    let topic = makeTopic()
    let log = FrameLog(topic, .webSocket(channel: "t"))
    #expect(read(log, 1).frames.isEmpty)
    topic.append(event("1"))
    #expect(read(log, 2).frames.isEmpty)
    #expect(read(log, 2).next == 2)
    #expect(read(log, 1).frames.count == 1)
  }

  @Test func `a read ends at its count and with the frame that fills its bytes`() {
    let topic = makeTopic()
    topic.appendNumbers(1...100)
    let log = FrameLog(topic, .webSocket(channel: "t"))
    #expect(read(log, 1, count: 7).next == 8)
    let one = log.slice(from: 8, maximumCount: 64, maximumBytes: 1)
    #expect(one.frames.count == 1)
    #expect(one.next == 9)
  }

  @Test func `entries that are gone are told as a gap, once`() {
    let topic = makeTopic(count: 4)
    topic.appendNumbers(1...10)
    let log = FrameLog(topic, .webSocket(channel: "t"))
    let slice = read(log, 3)
    #expect(slice.gap == Gap(from: 3, to: 6))
    #expect(slice.frames.count == 4)
    #expect(slice.next == 11)
    #expect(read(log, 11).gap == nil)
  }

  @Test func `a burst of large events never drops what its reader asks for`() {
    let topic = makeTopic(bytes: 64 << 20)
    let log = FrameLog(topic, .webSocket(channel: "t"))
    topic.append(event("0"))
    #expect(read(log, 1).next == 2)
    let large = "\"" + String(repeating: "x", count: 60_000) + "\""
    topic.append((1...200).map { _ in event(large) })
    var next: Offset = 2
    while true {
      let slice = log.slice(from: next, maximumCount: 64, maximumBytes: 64 << 10)
      if slice.frames.isEmpty { break }
      #expect(slice.gap == nil)
      #expect(log.keptBytes <= 2 * FrameLog.maximumBytes + FrameLog.stepBytes + 100_000)
      #expect(slice.next == next + Offset(slice.frames.count))
      next = slice.next
    }
    #expect(next == 202)
    #expect(log.encodedCount == 201)
  }

  @Test func `a newcomer a little ahead does not make others encode for themselves`() {
    let topic = makeTopic()
    let log = FrameLog(topic, .webSocket(channel: "t"))
    topic.appendNumbers(1...10)
    #expect(read(log, 1).next == 11)
    topic.appendNumbers(11...40)
    #expect(read(log, 30).frames.count == 11)
    for _ in 1...10 { #expect(read(log, 11).frames.count == 30) }
    #expect(log.encodedCount == 40)
  }

  @Test func `a reader far ahead restarts the log, and the one behind goes on`() {
    let topic = makeTopic()
    let log = FrameLog(topic, .webSocket(channel: "t"))
    topic.appendNumbers(1...1_000)
    #expect(read(log, 1).next == 65)
    #expect(read(log, 1_001).frames.isEmpty)
    topic.append(event("1001"))
    #expect(read(log, 1_001).frames == [frame(topic, 1_001, "1001")])
    #expect(read(log, 65).frames.first == frame(topic, 65, "65"))
  }

  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func `readers anywhere get exactly what the topic holds`(seed: UInt64) {
    var chance = SeededGenerator(seed)
    let topic = makeTopic(count: 300, bytes: seed.isMultiple(of: 2) ? 16 << 20 : 40_000)
    let log = FrameLog(topic, .webSocket(channel: "t"))
    var places: [Offset] = [1, 1, 1, 1]
    var published = 0
    for _ in 0..<250 {
      if Bool.random(using: &chance) {
        let count = Int.random(in: 1...60, using: &chance)
        topic.append((1...count).map { event("\(published + $0)") })
        published += count
      }
      let reader = Int.random(in: 0..<4, using: &chance)
      if Int.random(in: 0..<40, using: &chance) == 0 { places[reader] = topic.end.next }
      let limit = Int.random(in: 1...64, using: &chance)
      let first = topic.earliest.next
      let slice = log.slice(from: places[reader], maximumCount: limit, maximumBytes: 4_000)
      var expected = places[reader]
      if let gap = slice.gap {
        #expect(gap == Gap(from: expected, to: first - 1))
        expected = first
      }
      for bytes in slice.frames {
        #expect(bytes == frame(topic, expected, "\(expected)"))
        expected += 1
      }
      #expect(slice.next == expected)
      if slice.frames.isEmpty { #expect(places[reader] == topic.end.next) }
      places[reader] = slice.next
    }
  }
}

@Suite struct FrameLogStoreTests {
  @Test func `a topic and a format have one log while somebody reads it`() {
    let store = FrameLogStore()
    let topic = makeTopic()
    let log = store.log(topic, .webSocket(channel: "t"))
    #expect(store.log(topic, .webSocket(channel: "t")) === log)
    #expect(store.log(topic, .webSocket(channel: "t?view=b")) !== log)
    #expect(store.log(topic, .eventStream(topic: "t")) !== log)
    #expect(store.log(makeTopic(), .webSocket(channel: "t")) !== log)
  }

  @Test func `a view is one whatever the character that its mark is a part of`() {
    let store = FrameLogStore()
    let topic = makeTopic()
    let channels = (1...20).map { "t?\u{301}\($0)" }
    let logs = channels.map { store.log(topic, .webSocket(channel: $0)) }
    #expect(logs.filter(\.keepsFrames).count == FanOutLimits.keptViews)
    #expect(channels.allSatisfy { SubscribeRequest.topic(of: $0) == "t" })
  }

  @Test func `a topic keeps only so many formats, and others work all the same`() {
    let store = FrameLogStore()
    let topic = makeTopic()
    topic.appendNumbers(1...100)
    var logs = (1...20).map { store.log(topic, .webSocket(channel: "t?\($0)")) }
    #expect(logs.filter(\.keepsFrames).count == FanOutLimits.keptViews)
    for log in logs {
      #expect(log.slice(from: 1, maximumCount: 64, maximumBytes: 1 << 20).next == 65)
      #expect(log.slice(from: 65, maximumCount: 64, maximumBytes: 1 << 20).next == 101)
      #expect(log.slice(from: 101, maximumCount: 64, maximumBytes: 1 << 20).frames.isEmpty)
    }
    #expect(store.log(makeTopic(), .webSocket(channel: "t")).keepsFrames)
    logs.removeFirst()
    #expect(store.log(topic, .webSocket(channel: "t?21")).keepsFrames)
  }

  @Test func `logs that nobody reads are forgotten`() {
    let store = FrameLogStore()
    let topic = makeTopic()
    topic.append(event("1"))
    var log: FrameLog? = store.log(topic, .webSocket(channel: "t"))
    _ = log?.slice(from: 1, maximumCount: 1, maximumBytes: 1)
    weak let trace = log
    log = nil
    #expect(trace == nil)
    #expect(store.encodedCount == 1)
  }
}
