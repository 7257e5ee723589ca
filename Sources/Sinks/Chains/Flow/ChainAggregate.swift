// SPDX-License-Identifier: Apache-2.0
import Codecs
import Operators
import Streams

/// The aggregates of a stage side by side; their result is JSON text, the members of an object.
struct ChainAggregate: Aggregate {
  /// What they are called, as JSON text with a colon; shared by all keys and windows.
  final class Names: Sendable {
    let texts: [[UInt8]]
    init(_ names: [String]) {
      texts = names.map { JSONWriter.quoted($0) + [UInt8(ascii: ":")] }
    }
  }

  private let names: Names
  private var parts: [any ChainPart]

  init(_ names: [String], _ parts: [any ChainPart]) {
    self.names = Names(names)
    self.parts = parts
  }

  mutating func add(_ row: ChainRow) {
    for index in parts.indices { parts[index].add(row) }
  }

  mutating func merge(_ other: ChainAggregate) {
    for index in parts.indices { parts[index].merge(other.parts[index]) }
  }

  /// `"n":12,"p99":3.5`.
  var result: [UInt8] {
    var text: [UInt8] = []
    for index in parts.indices {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      text.append(contentsOf: names.texts[index])
      var writer = JSONWriter(appendingTo: text)
      text = []
      parts[index].write(to: &writer)
      text = writer.bytes
    }
    return text
  }
}

/// One aggregate, of whatever type; boxed for each key and window, not for each event.
protocol ChainPart: Sendable {
  mutating func add(_ row: ChainRow)
  mutating func merge(_ other: any ChainPart)
  func write(to writer: inout JSONWriter)
}

/// An aggregate over the rows that have what it is of.
struct MeasuredPart<Value: Aggregate>: ChainPart where Value.Input == ChainRow {
  /// What is the same for all keys and windows.
  final class Rule: Sendable {
    /// Whether the aggregate takes a row.
    let accepts: @Sendable (ChainRow) -> Bool
    let show: @Sendable (Value.Result, inout JSONWriter) -> Void

    init(
      _ accepts: @escaping @Sendable (ChainRow) -> Bool,
      _ show: @escaping @Sendable (Value.Result, inout JSONWriter) -> Void
    ) {
      (self.accepts, self.show) = (accepts, show)
    }
  }

  private let rule: Rule
  private var value: Value

  init(
    _ value: Value,
    where accepts: @escaping @Sendable (ChainRow) -> Bool,
    show: @escaping @Sendable (Value.Result, inout JSONWriter) -> Void
  ) {
    self.value = value
    rule = Rule(accepts, show)
  }

  mutating func add(_ row: ChainRow) {
    if rule.accepts(row) { value.add(row) }
  }

  mutating func merge(_ other: any ChainPart) {
    guard let other = other as? Self else {
      preconditionFailure("aggregates of one stage are merged with their own kind")
    }
    value.merge(other.value)
  }

  func write(to writer: inout JSONWriter) { rule.show(value.result, &writer) }
}
