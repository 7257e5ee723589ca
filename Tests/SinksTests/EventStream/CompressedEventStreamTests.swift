// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Testing
import WeirTesting
import Transport

@testable import Sinks

@Suite struct CompressedEventStreamTests {
  /// A stream in gzip beside one that is not, of the same topics on the same loop.
  private final class Pair {
    let turns = Turns()
    let shard: FanOutShard
    let loopbacks: [Loopback]
    private(set) var sessions: [EventStreamSession] = []
    private(set) var now = MonotonicInstant(nanoseconds: 0)
    /// What clients have read, with what stands for the head of the response.
    private var received: [[UInt8]] = [[], []]

    init(
      _ topics: [Topic<Event>],
      after: String = "",
      isEnveloped: Bool = false,
      options: SocketOptions = SocketOptions()
    ) throws {
      shard = turns.makeShard()
      loopbacks = try (0..<2).map { _ in try Loopback(options: options) }
      sessions = try loopbacks.enumerated().map { number, loopback in
        _ = loopback.connection.send(Self.head)
        return EventStreamSession(
          loopback.connection,
          sources: topics.map { EventStreamSource($0) },
          resume: try ResumePoint.parse(after),
          isEnveloped: isEnveloped,
          isCompressed: number == 1,
          shard: shard,
          settings: EventStreamSettings(),
          now: now
        )
      }
      turn()
    }

    static let head = Array("head".utf8)

    /// What the loop does: sessions that may write are pumped, then the shard sends news.
    func turn() {
      for (session, loopback) in zip(sessions, loopbacks) where !loopback.connection.isClear {
        loopback.connection.becameWritable()
        session.pump()
      }
      turns.settle(shard)
    }

    func advance(by duration: Duration) {
      now = now.advanced(by: duration)
      for session in sessions { session.tick(now: now) }
      turn()
    }

    /// Whether something waits for a client to take what came before.
    var isWaiting: Bool { loopbacks.contains { !$0.connection.isClear } }

    /// Lets clients read some of what came; waits for it.
    func read(ifWaiting: Bool = false) throws {
      for (number, loopback) in loopbacks.enumerated() {
        if ifWaiting, loopback.connection.isClear { continue }
        _ = try loopback.client.read(into: &received[number])
      }
    }

    /// Ends both in order and reads all that was sent.
    func end() throws {
      for session in sessions { session.shutDown(spread: .zero) }
      for loopback in loopbacks { loopback.connection.flush() }
      // What came before may still be in the way of the last bytes.
      while isWaiting {
        try read(ifWaiting: true)
        for loopback in loopbacks {
          loopback.connection.becameWritable()
          loopback.connection.flush()
        }
      }
      for (number, loopback) in loopbacks.enumerated() {
        loopback.connection.socket.shutdownWrite()
        while try loopback.client.read(into: &received[number]) > 0 {}
      }
    }

    /// What came that was not compressed.
    var plain: [UInt8] { Array(received[0].dropFirst(Self.head.count)) }
    /// What came compressed.
    var packed: [UInt8] { Array(received[1].dropFirst(Self.head.count)) }

    /// Whether the compressed stream held just what the other sent, and ended with its checksum.
    var isSame: Bool {
      let reader = GzipReader()
      reader.receive(packed)
      return reader.content == plain && reader.hasEnded && !reader.isBroken
    }
  }

  private let a = makeTopic("a")
  private let b = makeTopic("b", count: 4)
  private let long = "{\"text\":\"" + String(repeating: "again and ", count: 50) + "\"}"

  @Test(arguments: [false, true])
  func `a stream of one topic says the same, in less`(isEnveloped: Bool) throws {
    let pair = try Pair([a], isEnveloped: isEnveloped)
    for number in 1...5 {
      a.append(event(long), event("\(number)"))
      pair.turn()
    }
    let compressed = pair.shard.frames.compressedCount
    // Once each; the short ones are worth it only in an envelope.
    #expect(compressed == (0, isEnveloped ? 10 : 5))
    try pair.end()
    #expect(pair.isSame)
    #expect(pair.packed.count < pair.plain.count / (isEnveloped ? 1 : 2))
  }

  @Test(arguments: [false, true])
  func `a stream of several topics says the same, with all places`(isEnveloped: Bool) throws {
    let pair = try Pair([a, b], isEnveloped: isEnveloped)
    for number in 1...5 {
      a.append(event(long), event("\(number)"))
      b.appendNumbers(1...3)
      pair.turn()
    }
    try pair.end()
    #expect(pair.isSame)
    #expect(text(pair.plain).contains("id: a:e:10,b:e:15\n"))
  }

  @Test func `gaps, resets and comments come between the events`() throws {
    a.appendNumbers(1...10)
    b.appendNumbers(1...10)
    let pair = try Pair([a, b], after: "a:zz:3,b:e:2")
    pair.advance(by: .seconds(15))
    pair.advance(by: .seconds(15))
    a.append(event(long))
    pair.turn()
    pair.advance(by: .seconds(15))
    pair.advance(by: .seconds(15))
    try pair.end()
    #expect(pair.isSame)
    let plain = text(pair.plain)
    for part in ["weir.reset", "weir.gap", ":\n"] { #expect(plain.contains(part)) }
  }

  @Test func `a stream can be read behind each event, and cut anywhere gives a beginning`() throws {
    let pair = try Pair([a])
    for size in [1, 90, 10, 2_000] {
      a.append(event("\"" + String(repeating: "ab", count: size) + "\""))
      pair.turn()
    }
    try pair.end()
    let events = text(pair.plain).split(separator: "\n\n").count
    var lengths: Set<Int> = []
    for count in 0...pair.packed.count {
      let reader = GzipReader()
      reader.receive(pair.packed.prefix(count))
      #expect(pair.plain.starts(with: reader.content) && !reader.isBroken)
      #expect(reader.hasEnded == (count == pair.packed.count))
      lengths.insert(reader.content.count)
    }
    // Byte by byte it is the same.
    let reader = GzipReader()
    for byte in pair.packed { reader.receive([byte]) }
    #expect(reader.content == pair.plain && reader.hasEnded)
    #expect(events == 5 && lengths.contains(pair.plain.count))
  }

  @Test func `what was published has arrived whole before anything follows`() throws {
    let pair = try Pair([a])
    for number in 1...20 {
      a.append(event("\"\(number)" + String(repeating: "x", count: number * 20) + "\""))
      pair.turn()
      try pair.read()
      let reader = GzipReader()
      reader.receive(pair.packed)
      #expect(reader.content == pair.plain && !reader.isBroken)
      #expect(text(reader.content).contains("id: a:e:\(number)\n"))
    }
  }

  @Test func `who is behind what is kept gets the same, stored and encoded for it alone`() throws {
    for number in 1...300 { a.append(event(number % 2 == 0 ? long : "\(number)")) }
    let pair = try Pair([a])
    a.append(event(long))
    pair.turn()
    let before = pair.shard.frames.compressedCount.eventStream
    let late = GzipReader()
    let loopback = try Loopback()
    let session = EventStreamSession(
      loopback.connection,
      sources: [a].map { EventStreamSource($0) },
      resume: try ResumePoint.parse("a:e:0"),
      isEnveloped: false,
      isCompressed: true,
      shard: pair.shard,
      settings: EventStreamSettings(),
      now: pair.now
    )
    session.pump()
    pair.turn()
    session.shutDown(spread: .zero)
    loopback.connection.flush()
    loopback.connection.socket.shutdownWrite()
    var bytes: [UInt8] = []
    while try loopback.client.read(into: &bytes) > 0 {}
    late.receive(bytes)
    #expect(late.hasEnded && !late.isBroken)
    #expect(text(late.content).split(separator: "\n\n").count == 301 + 1)
    #expect(pair.shard.frames.compressedCount.eventStream == before)
    withExtendedLifetime(pair.sessions) {}
  }

  @Test func `a stream that nothing was sent on ends well too`() throws {
    let pair = try Pair([a])
    try pair.end()
    #expect(pair.isSame && pair.plain == Array("retry: 1000\n".utf8))
  }

  @Test func `a client that takes little gets all of it, and the right end`() throws {
    let options = SocketOptions(sendBufferBytes: 4 << 10, unsentBytes: 4 << 10)
    let pair = try Pair([a], options: options)
    var random = SeededGenerator(3)
    for _ in 1...400 {
      let data = (0..<60).map { _ in "\(UInt64.random(in: 0...UInt64.max, using: &random))" }
      a.append([event("[\(data.joined(separator: ","))]"), event("1")])
      pair.turn()
    }
    #expect(pair.loopbacks.allSatisfy { !$0.connection.isClear })
    while pair.isWaiting {
      try pair.read(ifWaiting: true)
      pair.turn()
    }
    #expect(pair.sessions.allSatisfy { !$0.isClosing })
    try pair.end()
    #expect(pair.isSame)
    #expect(pair.plain.count > 400_000)
  }

  @Test func `frames that are kept no longer take their checksums along`() throws {
    let pair = try Pair([a])
    for step in 0..<100 {
      let first = step * 50
      a.append((first..<first + 50).map { event("\($0)") })
      pair.turn()
      try pair.read()
    }
    let log = pair.shard.frames.log(a, .gzip(.eventStream(topic: "a")))
    #expect((1...FrameLog.maximumFrames + 256).contains(log.keptFrameCount))
    try pair.end()
    #expect(pair.isSame)
  }

  @Test(arguments: 1...10)
  func `chance makes no difference`(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let topics = Bool.random(using: &random) ? [a] : [a, b, makeTopic("c")]
    let pair = try Pair(topics, isEnveloped: Bool.random(using: &random))
    for _ in 1...60 {
      switch Int.random(in: 0..<6, using: &random) {
      case 0: pair.advance(by: .seconds(16))
      case 1: pair.turn()
      default:
        let count = Int.random(in: 0...3, using: &random)
        let events = (0..<count).map { _ in
          let letters = "abc\\\"".map(String.init)
          let size = Int.random(in: 0...400, using: &random)
          let text = (0..<size).map { _ in letters.randomElement(using: &random) ?? "" }.joined()
          return Event(data: Array((text + "\nx").utf8), format: .text, type: "t")
        }
        if let topic = topics.randomElement(using: &random), count > 0 {
          for event in events { topic.append(event) }
        }
        if Bool.random(using: &random) { pair.turn() }
      }
    }
    pair.turn()
    try pair.end()
    #expect(pair.isSame)
  }
}
