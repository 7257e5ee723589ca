// SPDX-License-Identifier: Apache-2.0
import Storage
import Streams

/// Stores events as the server does, many in a transaction.
func fillTopic(_ directory: String, _ name: String, events: Int) async throws -> Throughput {
  var settings = StorageSettings()
  // Nobody waits for a commit here, so all that comes may be one.
  settings.checkpointPages = 16_000
  let log = try EventLog(directory: directory, settings: settings)
  defer { log.close() }
  let rules = StorageRules(synchronous: .normal, maximumBytes: 1 << 40)
  let topic = try await log.openTopic(name, rules)
  let (start, processor) = (ContinuousClock.now, processorSeconds())
  for first in stride(from: 1, through: events, by: 10_000) {
    let numbers = first...min(events, first + 9_999)
    let payloads = numbers.map { EventPayload.encode(Event(data: eventData($0))) }
    _ = try await log.append(LogAppend(payloads, to: topic.id, appended: SystemClock().now))
  }
  return Throughput(events, since: start, processor: processor)
}

/// The data of an event: a JSON object of the wanted size that holds its number.
private func eventData(_ number: Int) -> [UInt8] {
  let head = Array("{\"n\":\(number),\"pad\":\"".utf8)
  let pad = [UInt8](repeating: UInt8(ascii: "x"), count: payloadBytes - head.count - 2)
  return head + pad + Array("\"}".utf8)
}
