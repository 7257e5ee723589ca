// SPDX-License-Identifier: Apache-2.0
import Codecs
import Operators
import Streams

/// Makes an event of a firing of a window.
///
/// Its data is an object with `start` and `end` (`null` for the window of everything), `key` where
/// windows are divided by one, `revision`, `isFinal`, `replaces` where sessions became one, and the
/// aggregates. Its time is the last millisecond of the window, its subject the key.
struct ResultStage: StatelessOperator {
  typealias Firing = WindowResult<ChainValue, [UInt8]>

  let hasKey: Bool

  mutating func receive(_ firing: Firing, at now: Timestamp, _ emit: (ChainRow) -> Void) {
    var writer = JSONWriter()
    writer.reserve(128 + firing.value.count)
    writer.beginObject()
    writer.write("start", firing.start)
    writer.write("end", firing.end)
    if hasKey {
      writer.name("key")
      firing.key.write(to: &writer)
    }
    writer.name("revision")
    writer.value(firing.revision)
    writer.name("isFinal")
    writer.value(firing.isFinal)
    if !firing.replaces.isEmpty { writer.write(firing.replaces) }
    var data = writer.bytes
    data.append(UInt8(ascii: ","))
    data.append(contentsOf: firing.value)
    data.append(UInt8(ascii: "}"))
    let isBounded = firing.end < .never
    let event = Event(
      data: data,
      subject: hasKey ? firing.key.subject : nil,
      time: isBounded ? firing.time : now
    )
    emit(ChainRow(event, appended: now))
  }

  /// None: it is part of the window.
  var stages: [StageStatistics] { [] }
}

extension JSONWriter {
  fileprivate mutating func write(_ name: String, _ instant: Timestamp) {
    self.name(name)
    write(instant)
  }

  fileprivate mutating func write(_ instant: Timestamp) {
    if instant == .distantPast || instant == .never { return null() }
    value(RFC3339.format(milliseconds: instant.milliseconds))
  }

  fileprivate mutating func write(_ replaced: [Range<Timestamp>]) {
    name("replaces")
    beginArray()
    for range in replaced {
      beginObject()
      write("start", range.lowerBound)
      write("end", range.upperBound)
      endObject()
    }
    endArray()
  }
}
