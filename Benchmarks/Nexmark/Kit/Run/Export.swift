// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Writes the events of a run as CSV, for others to read: one file a kind, and one with all of them.
public enum NexmarkExport {
  static let person = "n,id,name,emailAddress,creditCard,city,state,dateTime,extra"
  static let auction =
    "n,id,itemName,description,initialBid,reserve,dateTime,expires,seller,category,extra"
  static let bid = "n,auction,bidder,price,channel,url,dateTime,extra"

  /// Writes `person.csv`, `auction.csv`, `bid.csv` and `events.csv` into a directory that exists.
  ///
  /// Each row starts with its place in the stream, `n`. In `events.csv` follow the kind of the event
  /// and its fields; rows differ in length.
  ///
  /// - Parameters:
  ///   - settings: Which events.
  ///   - directory: Where to.
  ///   - combined: Whether `events.csv` is written too.
  ///   - headless: Whether the files start with the first row, not with the names of the columns.
  /// - Throws: ``NexmarkFailure`` when a file can't be written.
  public static func write(
    _ settings: NexmarkSettings,
    to directory: String,
    combined: Bool,
    headless: Bool = false
  ) throws(NexmarkFailure) {
    var people = try CSVFile("\(directory)/person.csv", header: headless ? nil : person)
    var auctions = try CSVFile("\(directory)/auction.csv", header: headless ? nil : auction)
    var bids = try CSVFile("\(directory)/bid.csv", header: headless ? nil : bid)
    var events = combined ? try CSVFile("\(directory)/events.csv", header: nil) : nil
    let generator = NexmarkGenerator(settings)
    for place in 0..<settings.count {
      let event = generator.event(at: place)
      switch event {
      case .person(let row): try people.write(place, nil, row)
      case .auction(let row): try auctions.write(place, nil, row)
      case .bid(let row): try bids.write(place, nil, row)
      }
      try events?.write(place, event.kind, event)
    }
    try people.close()
    try auctions.close()
    try bids.close()
    try events?.close()
  }
}

extension NexmarkEvent: NexmarkRow {
  /// One word for its kind.
  var kind: String {
    switch self {
    case .bid: "bid"
    case .auction: "auction"
    case .person: "person"
    }
  }

  /// The fields of the person, the auction or the bid.
  public func write(to text: inout CSVText) {
    switch self {
    case .bid(let bid): bid.write(to: &text)
    case .auction(let auction): auction.write(to: &text)
    case .person(let person): person.write(to: &text)
    }
  }
}

/// Why a run of the benchmark could not do what it was asked for.
public struct NexmarkFailure: Error, CustomStringConvertible {
  /// What went wrong.
  public let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// A file of rows, written a mebibyte at a time.
struct CSVFile {
  private let path: String
  private let file: UnsafeMutablePointer<FILE>
  private var text = CSVText()

  init(_ path: String, header: String?) throws(NexmarkFailure) {
    guard let file = fopen(path, "w") else { throw NexmarkFailure("\(path) can't be written") }
    self.path = path
    self.file = file
    if let header {
      text.field(header)
      text.endRow()
    }
  }

  mutating func write(
    _ place: Int?,
    _ kind: String?,
    _ row: some NexmarkRow
  ) throws(NexmarkFailure) {
    if let place { text.field(place) }
    if let kind { text.field(kind) }
    row.write(to: &text)
    text.endRow()
    if text.bytes.count >= 1 << 20 { try flush() }
  }

  private mutating func flush() throws(NexmarkFailure) {
    let bytes = text.take()
    guard fwrite(bytes, 1, bytes.count, file) == bytes.count else {
      throw NexmarkFailure("\(path) can't be written")
    }
  }

  mutating func close() throws(NexmarkFailure) {
    try flush()
    guard fclose(file) == 0 else { throw NexmarkFailure("\(path) can't be written") }
  }
}
