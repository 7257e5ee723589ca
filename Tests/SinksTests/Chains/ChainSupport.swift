// SPDX-License-Identifier: Apache-2.0
import Codecs
import Operators
import Streams
import WeirTesting

@testable import Sinks

/// An event and when it is appended.
struct LoggedEvent: Sendable {
  var at: Int64
  var event: Event
}

/// The parts of an event that chains of the tests read, as a program in Swift has them.
struct Reading: Sendable {
  var number: Int
  var job: String?
  var region: String?
  var ms: Double?
  var type: String
  var time: Timestamp

  init?(_ event: Event, _ appended: Timestamp) {
    guard let json = JSONView(validated: event.data), let number = json["i"]?.int else {
      return nil
    }
    self.number = number
    job = json["job"]?.string
    region = json["region"]?.string
    ms = json["ms"]?.double
    type = event.type
    time = event.time ?? appended
  }
}

enum ChainLogs {
  /// Events of some jobs and regions, out of order by up to `disorder` milliseconds, some without one
  /// of the parts.
  static func random(_ seed: Int, count: Int, disorder: Int64 = 700) -> [LoggedEvent] {
    var random = SeededGenerator(UInt64(seed))
    var now: Int64 = 1_000_000
    return (0..<count).map { number in
      if Int.random(in: 0..<3, using: &random) > 0 {
        now += Int64.random(in: 0...400, using: &random)
      }
      if Int.random(in: 0..<40, using: &random) == 0 { now += 5_000 }
      var members = [#""i":\#(number)"#]
      if Int.random(in: 0..<9, using: &random) > 0 {
        members.append(#""job":"j\#(Int.random(in: 0..<6, using: &random))""#)
      }
      if Int.random(in: 0..<9, using: &random) > 0 {
        members.append(#""region":"r\#(Int.random(in: 0..<3, using: &random))""#)
      }
      switch Int.random(in: 0..<9, using: &random) {
      case 0: break
      case 1: members.append(#""ms":"none""#)
      case 2: members.append(#""ms":\#(Int.random(in: 0...40, using: &random)).25"#)
      default: members.append(#""ms":\#(Int.random(in: -20...300, using: &random))"#)
      }
      members.shuffle(using: &random)
      let time = Timestamp(milliseconds: now - Int64.random(in: 0...disorder, using: &random))
      return LoggedEvent(
        at: now,
        event: Event(
          data: Array("{\(members.joined(separator: ","))}".utf8),
          type: ["purchase", "visit", nil].randomElement(using: &random) ?? nil,
          time: Int.random(in: 0..<8, using: &random) > 0 ? time : nil,
          id: Bool.random(using: &random) ? "id\(number)" : nil
        )
      )
    }
  }
}

/// A log that is read as a whole, or while it grows.
enum ChainRun {
  /// What comes out of a flow over the whole log, read at once.
  static func whole<Chain: Operator>(
    _ log: [LoggedEvent],
    _ build: (Topic<Event>) throws -> Flow<Chain>
  ) throws -> [Chain.Output] {
    let clock = ManualClock(0)
    let topic = Topic<Event>("log", epoch: Epoch(rawValue: 7), clock: clock)
    append(log, to: topic, clock)
    topic.close()
    return try drain(try build(topic).makeReader(), limit: 256)
  }

  /// What comes out when entries are read in pieces of random size while they come, and when the log
  /// that this was is read at once.
  ///
  /// It is not quite the log that was given: where a reader was promised that nothing comes in a
  /// millisecond any more, the next entry gets a later one.
  static func live<Chain: Operator>(
    _ log: [LoggedEvent],
    seed: Int,
    _ build: (Topic<Event>) throws -> Flow<Chain>
  ) throws -> (live: [Chain.Output], replayed: [Chain.Output]) {
    var random = SeededGenerator(UInt64(seed))
    let clock = ManualClock(0)
    let topic = Topic<Event>("log", epoch: Epoch(rawValue: 7), clock: clock)
    let reader = try build(topic).makeReader()
    var outputs: [Chain.Output] = []
    for entry in log {
      if entry.at > clock.now.milliseconds { clock.advance(to: Timestamp(milliseconds: entry.at)) }
      _ = topic.offer([entry.event]) { _ in }
      if Int.random(in: 0..<3, using: &random) == 0 {
        outputs += try drain(reader, limit: Int.random(in: 1...20, using: &random))
      }
    }
    clock.advance(by: .seconds(60))
    topic.close()
    outputs += try drain(reader, limit: Int.random(in: 1...20, using: &random))
    return (outputs, try drain(try build(topic).makeReader(), limit: 256))
  }

  static func append(_ log: [LoggedEvent], to topic: Topic<Event>, _ clock: ManualClock) {
    for entry in log {
      if entry.at > clock.now.milliseconds { clock.advance(to: Timestamp(milliseconds: entry.at)) }
      _ = topic.offer([entry.event]) { _ in }
    }
    clock.advance(by: .seconds(60))
  }

  private static func drain<Element: Sendable>(
    _ reader: any FlowReader<Element>,
    limit: Int
  ) throws -> [Element] {
    var elements: [Element] = []
    while case .batch(let batch) = try reader.poll(limit: limit, until: .never) {
      elements += batch.elements
    }
    return elements
  }
}

extension ChainPlan {
  func flow(_ topic: Topic<Event>) -> Flow<ChainOperators> {
    flow(over: topic.flow(from: .earliest).source)
  }
}

extension Event {
  /// All that can be seen of it.
  var shown: String {
    let tags = tags.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    return [
      String(decoding: data, as: UTF8.self), "\(givenType ?? "-")", "\(subject ?? "-")",
      "\(time?.milliseconds ?? -1)", "\(id ?? "-")", "\(source ?? "-")",
      tags.joined(separator: ","),
    ].joined(separator: " ")
  }

  /// The number that each event of a random log has.
  var number: Int? { JSONView(validated: data)?["i"]?.int }
}
