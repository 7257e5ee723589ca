// SPDX-License-Identifier: Apache-2.0
import Codecs

/// The bytes that publish an event, made once, in which only the marker and the topic's number change.
struct PublishTemplate: Sendable {
  private var bytes: [UInt8]
  private let eventPlace: Int
  /// Where the topic's six digits stand; `nil` when there is one topic.
  private let topicPlace: Int?
  /// Where the number of the command stands; `nil` when it is no command.
  private let commandPlace: Int?

  /// The request that publishes one event.
  static func request(_ plan: FanoutPlan, server: ServerAddress, run: String) -> PublishTemplate {
    let event = EventMarker.payload(run: run, byteCount: plan.payloadBytes)
    let target = server.prefix + plan.dialect.publishTarget(topic: plan.topicName(0))
    var fields: HTTPFields = [
      "Host": server.authority, "Content-Type": "application/json",
      "Content-Length": String(event.count),
    ]
    server.credentials.add(to: &fields)
    var bytes: [UInt8] = []
    HTTPRequestHead(method: "POST", target: target, fields: fields).encode(into: &bytes)
    let digits = bytes.firstPlace(of: Array(target.utf8))
      .flatMap { start in
        plan.topicCount == 1 ? nil : bytes[start...].firstPlace(of: Array(".000000".utf8))
      }
    return PublishTemplate(
      bytes: bytes + event,
      eventPlace: bytes.count,
      topicPlace: digits.map { $0 + 1 },
      commandPlace: nil
    )
  }

  /// The line that is one event.
  static func line(_ plan: FanoutPlan, run: String) -> PublishTemplate {
    let event = EventMarker.payload(run: run, byteCount: plan.payloadBytes)
    return PublishTemplate(
      bytes: event + [UInt8(ascii: "\n")],
      eventPlace: 0,
      topicPlace: nil,
      commandPlace: nil
    )
  }

  /// The command that publishes one event over a WebSocket, before it is masked.
  static func command(_ plan: FanoutPlan, run: String) -> PublishTemplate {
    let event = EventMarker.payload(run: run, byteCount: plan.payloadBytes)
    let opening = #"{"id":1000000000,"publish":{"channel":"\#(plan.topicName(0))","data":"#
    let head = Array(opening.utf8)
    return PublishTemplate(
      bytes: head + event + Array("}}".utf8),
      eventPlace: head.count,
      topicPlace: plan.topicCount == 1
        ? nil : head.firstPlace(of: Array(".000000".utf8)).map { $0 + 1 },
      commandPlace: 7
    )
  }

  /// The bytes that publish an event.
  mutating func stamped(_ marker: EventMarker) -> [UInt8] {
    marker.stamp(into: &bytes, eventAt: eventPlace)
    if let topicPlace { EventMarker.write(marker.topic, digits: 6, at: topicPlace, into: &bytes) }
    if let commandPlace {
      // The first digit stays 1, since a number has no leading zeros.
      EventMarker.write(marker.index, digits: 9, at: commandPlace, into: &bytes)
    }
    return bytes
  }
}

extension Collection<UInt8> where Index == Int {
  /// Where some bytes stand for the first time.
  func firstPlace(of pattern: [UInt8]) -> Int? {
    guard count >= pattern.count else { return nil }
    return (startIndex...(endIndex - pattern.count)).first { place in
      self[place..<place + pattern.count].elementsEqual(pattern)
    }
  }
}
