// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

/// Writes an object of some parts of an event, which become its data; its attributes stay.
struct SelectStage: StatelessOperator {
  private enum Part: Sendable {
    case literal([UInt8])
    case data(Int)
    case text(FilterField)
    case time
  }

  private let names: [[UInt8]]
  private let parts: [Part]
  private let paths: JSONPaths
  private let readsData: Bool
  private var places = JSONPlaces()
  private var missing: UInt64 = 0
  private var oversized: UInt64 = 0

  init(_ outputs: [ChainOutput]) {
    var paths = JSONPaths()
    var parts: [Part] = []
    for output in outputs {
      switch output.value {
      case .literal(let text): parts.append(.literal(text))
      case .field(.text(let field)): parts.append(.text(field))
      case .field(.time): parts.append(.time)
      case .field(.data(let path)): parts.append(.data(paths.insert(path)))
      }
    }
    names = outputs.map { JSONWriter.quoted($0.name) + [UInt8(ascii: ":")] }
    self.parts = parts
    self.paths = paths
    readsData = parts.contains { if case .data = $0 { true } else { false } }
  }

  mutating func receive(_ row: ChainRow, at now: Timestamp, _ emit: (ChainRow) -> Void) {
    let data = row.event.data
    let isJSON = row.event.format == .json
    if readsData, isJSON { paths.find(in: data.span, into: &places) }
    var object: [UInt8] = []
    object.reserveCapacity(min(data.count, 1_024) + 64)
    object.append(UInt8(ascii: "{"))
    for index in parts.indices {
      let kept = object.count
      if kept > 1 { object.append(UInt8(ascii: ",")) }
      object.append(contentsOf: names[index])
      guard write(parts[index], row, data, isJSON, &object) else {
        object.removeLast(object.count - kept)
        missing &+= 1
        continue
      }
      // Parts may be written several times: an event must not become many times as large.
      guard object.count < ChainLimits.maximumEventBytes else {
        oversized &+= 1
        return
      }
    }
    object.append(UInt8(ascii: "}"))
    var selected = row
    selected.event = row.event.with(data: object)
    selected.fields = ChainFields()
    emit(selected)
  }

  /// Appends a value; `false` where there is none.
  private func write(
    _ part: Part,
    _ row: ChainRow,
    _ data: [UInt8],
    _ isJSON: Bool,
    _ object: inout [UInt8]
  ) -> Bool {
    let text: String?
    switch part {
    case .literal(let literal):
      object.append(contentsOf: literal)
      return true
    case .data(let node):
      guard isJSON else {
        guard node == 0 else { return false }
        text = String(decoding: data, as: UTF8.self)
        break
      }
      guard let start = places[node] else { return false }
      object.append(contentsOf: data[start..<JSONToken.end(of: data.span, at: start)])
      return true
    case .text(let field): text = field.shown(of: row.event)
    case .time: text = RFC3339.format(milliseconds: row.time.milliseconds)
    }
    guard let text else { return false }
    object.append(contentsOf: JSONWriter.quoted(text))
    return true
  }

  /// Counts members that were left out since there was nothing at their place, `missing`, and events
  /// that were dropped since they would have become too large, `oversizedEvents`.
  var stages: [StageStatistics] {
    [StageStatistics("select", ["missing": missing, "oversizedEvents": oversized])]
  }
}

extension Event {
  /// The same attributes around other data, in JSON.
  fileprivate func with(data: [UInt8]) -> Event {
    Event(
      data: data,
      type: givenType,
      subject: subject,
      time: time,
      id: id,
      source: source,
      tags: tags
    )
  }
}
