// SPDX-License-Identifier: Apache-2.0
import Codecs
import FoundationEssentials
import Storage
import Streams

/// What a line of an import says.
enum ImportLine {
  /// The header of an export.
  case header(ExportHeader)
  /// An entry of an export.
  case entry(Event, offset: Offset, appended: Timestamp)
  /// A mark of an export.
  case mark(Mark, after: Offset, appended: Timestamp)
  /// An event without a place of its own.
  case event(Event)

  /// Why a line can't be imported.
  struct Fault: Error, Equatable {
    /// The member that is wrong; `nil` if it is the whole line.
    var field: String?
    var what: String
    var remedy: String
  }

  /// One level for the line, the rest for data as it can be published.
  private static let limits = JSONLimits(maximumDepth: JSONLimits().maximumDepth + 1)

  /// Reads a line.
  init(_ bytes: ArraySlice<UInt8>) throws(Fault) {
    let line: JSONView
    do {
      line = try JSONView.parse(bytes, limits: Self.limits)
    } catch {
      throw Fault(
        what: "\(error.reason.rawValue) at column \(error.column)",
        remedy: "write one JSON object on each line"
      )
    }
    guard line.kind == .object else {
      throw Fault(what: "it is no JSON object", remedy: "write {\"type\":…,\"data\":…}")
    }
    if line["weirExport"] != nil {
      self = .header(try ExportHeader(line))
    } else if line["appended"] != nil {
      self = try ImportRecord(line).line
    } else {
      self = .event(try Self.event(line))
    }
  }

  /// An event as publishers write it.
  private static func event(_ line: JSONView) throws(Fault) -> Event {
    do {
      return try EventReader().event(envelope: line)
    } catch {
      throw Fault(field: error.field, what: error.detail, remedy: error.remedy)
    }
  }
}

/// The first line of an export.
struct ExportHeader: Equatable {
  var topic: String
  var epoch: String
  var from: Offset
  var through: Offset

  init(_ line: JSONView) throws(ImportLine.Fault) {
    guard let version = line["weirExport"]?.uint64, version == ExportLine.version else {
      throw ImportLine.Fault(
        field: "weirExport",
        what: "it is not version \(ExportLine.version) of an export",
        remedy: "import it with the version of weir that wrote it"
      )
    }
    let damaged = "export the topic again"
    guard let from = line["from"]?.uint64, from > 0 else {
      throw ImportLine.Fault(field: "from", what: "it is no offset", remedy: damaged)
    }
    guard let through = line["through"]?.uint64, through >= from - 1 else {
      throw ImportLine.Fault(field: "through", what: "it is no offset", remedy: damaged)
    }
    (self.from, self.through) = (from, through)
    topic = line["topic"]?.string ?? ""
    epoch = line["epoch"]?.string ?? ""
  }
}
