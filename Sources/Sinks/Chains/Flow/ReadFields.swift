// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

/// What the stages behind it need to know of an event, read in one pass over its data; and a bound on
/// the events that a stage may hold.
struct ReadFields: StatelessOperator {
  /// A place, and what of it is of use.
  struct Wanted: Sendable {
    let field: ChainField
    var takesTexts: Bool
    var takesContainers: Bool
    /// The number of the value among ``JSONPaths``, if it is one in the data.
    var node = -1
  }

  private let wanted: [Wanted]
  private let paths: JSONPaths
  private let readsData: Bool
  /// Whether events are dropped that are too heavy to be held.
  private let isBounded: Bool
  private var places = JSONPlaces()
  private var unescaped: [UInt8] = []
  private var missing: UInt64 = 0
  private var oversized: UInt64 = 0
  private var heavy: UInt64 = 0

  init(_ wanted: [Wanted], holds: Bool) {
    isBounded = holds
    var paths = JSONPaths()
    var numbered = wanted
    for index in numbered.indices {
      if case .data(let path) = wanted[index].field { numbered[index].node = paths.insert(path) }
    }
    self.wanted = numbered
    self.paths = paths
    readsData = numbered.contains { $0.node >= 0 }
  }

  mutating func receive(_ row: ChainRow, at now: Timestamp, _ emit: (ChainRow) -> Void) {
    if isBounded, row.event.weight > ChainLimits.maximumHeldBytes {
      heavy &+= 1
      return
    }
    if wanted.isEmpty { return emit(row) }
    var row = row
    let data = readsData ? row.event.data : []
    let isJSON = row.event.format == .json
    if readsData, isJSON { paths.find(in: data.span, into: &places) }
    row.fields.reserve(wanted.count)
    for index in wanted.indices {
      let value = value(index, row, data, isJSON)
      if value.isMissing { missing &+= 1 }
      row.fields[index] = value
    }
    emit(row)
  }

  private mutating func value(
    _ index: Int,
    _ row: ChainRow,
    _ data: [UInt8],
    _ isJSON: Bool
  ) -> ChainValue {
    let node = wanted[index].node
    guard node >= 0 else { return attribute(wanted[index].field, row) }
    // Data that is no JSON is one text, which has no parts.
    guard isJSON else { return node == 0 ? text(data, 0..<data.count, index) : .missing }
    guard let start = places[node] else { return .missing }
    return value(data, at: start, index)
  }

  private mutating func value(_ data: [UInt8], at start: Int, _ index: Int) -> ChainValue {
    switch JSONToken(validated: data.span, at: start) {
    case .null: return .missing
    case .bool(let bool): return .bool(bool)
    case .int(let int): return .int(int)
    case .double(let double): return .number(double)
    case .string(let range, isEscaped: false): return text(data, range, index)
    case .string(let range, isEscaped: true):
      unescaped.removeAll(keepingCapacity: true)
      JSONToken.unescape(data.span, in: range, to: &unescaped)
      return text(unescaped, 0..<unescaped.count, index)
    case .array, .object:
      guard wanted[index].takesContainers else { return .missing }
      let end = JSONToken.end(of: data.span, at: start)
      guard end - start <= ChainLimits.maximumValueBytes else { return tooLong() }
      return .container(Array(data[start..<end]))
    }
  }

  private mutating func text(_ bytes: [UInt8], _ range: Range<Int>, _ index: Int) -> ChainValue {
    guard wanted[index].takesTexts else { return .missing }
    guard range.count <= ChainLimits.maximumValueBytes else { return tooLong() }
    return .text(TextKey(String(decoding: bytes[range], as: UTF8.self)))
  }

  private mutating func attribute(_ field: ChainField, _ row: ChainRow) -> ChainValue {
    let text: String? =
      switch field {
      case .text(let field): field.shown(of: row.event)
      case .time: RFC3339.format(milliseconds: row.time.milliseconds)
      case .data: nil
      }
    guard let text else { return .missing }
    guard text.utf8.count <= ChainLimits.maximumValueBytes else { return tooLong() }
    return .text(TextKey(text))
  }

  private mutating func tooLong() -> ChainValue {
    oversized &+= 1
    return .missing
  }

  /// Counts values that were `missing`, of these those that were `oversized`, and events that were
  /// dropped since they were, `oversizedEvents`.
  var stages: [StageStatistics] {
    var stages: [StageStatistics] = []
    if !wanted.isEmpty {
      stages.append(StageStatistics("read", ["missing": missing, "oversized": oversized]))
    }
    if isBounded { stages.append(StageStatistics("hold", ["oversizedEvents": heavy])) }
    return stages
  }
}
