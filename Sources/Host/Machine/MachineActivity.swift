// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

/// Compares readings and tells what happened in between, as events of the topic `activity`.
///
/// Of processes that were there at the first reading nothing is told, not even their end.
struct MachineActivity: Sendable {
  private let settings: MachineObserver.Settings
  private let initial: Set<ProcessIdentity>
  private var running: [ProcessIdentity: String]
  private var load = ThresholdAlarm()
  private var memory = ThresholdAlarm()

  /// Begins with a reading that makes no events.
  init(_ settings: MachineObserver.Settings, startingAt reading: MachineReading) {
    self.settings = settings
    initial = Set(reading.processes.map(\.identity))
    running = [:]
  }

  /// The events that a further reading makes, ends before starts.
  mutating func update(_ reading: MachineReading) -> [Event] {
    processEvents(reading) + alarmEvents(reading)
  }

  private mutating func processEvents(_ reading: MachineReading) -> [Event] {
    var present: [ProcessIdentity: String] = [:]
    var started: [ProcessRecord] = []
    for process in reading.processes where !initial.contains(process.identity) {
      let known = running[process.identity]
      // A program may replace another in the same process; it keeps the name it was told by.
      present[process.identity] = known ?? process.name
      if known == nil { started.append(process) }
    }
    let ended = running.filter { present[$0.key] == nil }.sorted { $0.key.pid < $1.key.pid }
    running = present
    return ended.map { event("process.ended", $0.value, $0.key, reading.time) }
      + started.map { event("process.started", $0.name, $0.identity, reading.time) }
  }

  private mutating func alarmEvents(_ reading: MachineReading) -> [Event] {
    let loadLimit = Double(reading.processor.coreCount) * settings.loadPerCore
    let changes: [(String, ThresholdAlarm.Change?, Double, Double)] = [
      (
        "load", load.update(reading.load.oneMinute, threshold: loadLimit),
        reading.load.oneMinute, loadLimit
      ),
      (
        "memory", memory.update(reading.memory.fraction, threshold: settings.memoryFraction),
        reading.memory.fraction, settings.memoryFraction
      ),
    ]
    return changes.compactMap { name, change, value, threshold in
      guard let change else { return nil }
      var json = JSONWriter()
      json.beginObject()
      json.name("value")
      json.value(value.roundedToTenThousandths)
      json.name("threshold")
      json.value(threshold)
      json.endObject()
      let type = "\(name).\(change == .high ? "high" : "normal")"
      return Event(data: json.bytes, type: type, subject: name, time: reading.time)
    }
  }

  private func event(
    _ type: String,
    _ name: String,
    _ identity: ProcessIdentity,
    _ time: Timestamp
  ) -> Event {
    var json = JSONWriter()
    json.beginObject()
    json.name("name")
    json.value(name)
    json.name("pid")
    json.value(identity.pid)
    json.endObject()
    return Event(data: json.bytes, type: type, subject: name, time: time)
  }
}
