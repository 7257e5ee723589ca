// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

@testable import Sinks

/// An event whose data is `json`.
func event(_ json: String, type: String? = nil) -> Event {
  Event(data: Array(json.utf8), type: type)
}

/// A topic of the epoch `e` that keeps so many entries.
func makeTopic(
  _ name: String = "t",
  count: Int = 16_384,
  bytes: Int = 16 << 20
) -> Topic<Event> {
  Topic(
    name,
    retention: Retention(maximumCount: count, maximumBytes: bytes),
    epoch: Epoch(rawValue: 14),
    weigher: .each { $0.weight }
  )
}

extension Topic<Event> {
  /// Publishes at once; a test that is held back has gone wrong.
  func append(_ events: Event...) { append(events) }

  func append(_ events: [Event]) {
    guard case .stored = offer(events, completion: { _ in }) else {
      preconditionFailure("a test's topic has room")
    }
  }

  /// Publishes numbers, one by one.
  func appendNumbers(_ numbers: ClosedRange<Int>) {
    for number in numbers { append(event("\(number)")) }
  }
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// The text of a server's single unmasked frame.
func frameText(_ frame: [UInt8]) -> String? {
  var decoder = WebSocketDecoder(role: .client, limits: largeMessages)
  decoder.receive(frame)
  guard case .text(let bytes)? = try? decoder.nextEvent(), (try? decoder.nextEvent()) == .some(nil)
  else { return nil }
  return text(bytes)
}

let largeMessages = {
  var limits = WebSocketLimits()
  limits.maximumMessageBytes = 64 << 20
  return limits
}()
