// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Rows of fields without quotes: no field of the benchmark holds a comma, a quote or a line break.
public struct CSVText: Sendable {
  /// The text so far.
  public private(set) var bytes: [UInt8] = []
  private var isAtStart = true

  /// Makes an empty text.
  public init() {}

  /// Appends a field.
  public mutating func field(_ text: String) {
    if !isAtStart { bytes.append(44) }
    isAtStart = false
    bytes.append(contentsOf: text.utf8)
  }

  /// Appends a whole number.
  public mutating func field(_ number: some BinaryInteger) {
    field(String(number))
  }

  /// Appends an instant in milliseconds.
  public mutating func field(_ time: Timestamp) {
    field(time.milliseconds)
  }

  /// Ends the row.
  public mutating func endRow() {
    bytes.append(10)
    isAtStart = true
  }

  /// Takes everything out.
  public mutating func take() -> [UInt8] {
    defer { bytes.removeAll(keepingCapacity: true) }
    return bytes
  }
}

/// Something that stands in a row of fields.
public protocol NexmarkRow: Sendable {
  /// Appends its fields in order, without ending the row.
  func write(to text: inout CSVText)
}

extension Person: NexmarkRow {
  /// Its fields in the order of the model.
  public func write(to text: inout CSVText) {
    text.field(id)
    for field in [name, emailAddress, creditCard, city, state] { text.field(field) }
    text.field(dateTime)
    text.field(extra)
  }
}

extension Auction: NexmarkRow {
  /// Its fields in the order of the model.
  public func write(to text: inout CSVText) {
    text.field(id)
    text.field(itemName)
    text.field(description)
    for number in [initialBid, reserve] { text.field(number) }
    for time in [dateTime, expires] { text.field(time) }
    for number in [seller, category] { text.field(number) }
    text.field(extra)
  }
}

extension Bid: NexmarkRow {
  /// Its fields in the order of the model.
  public func write(to text: inout CSVText) {
    for number in [auction, bidder, price] { text.field(number) }
    for field in [channel, url] { text.field(field) }
    text.field(dateTime)
    text.field(extra)
  }
}
