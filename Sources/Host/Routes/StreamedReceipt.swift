// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

/// What became of a streamed body.
struct StreamedReceipt: Sendable {
  var topic = ""
  var epoch = Epoch(rawValue: 1)
  var reportsRefusals = false
  private(set) var accepted: UInt64 = 0
  private(set) var firstOffset: Offset?
  private(set) var lastOffset: Offset?
  private(set) var refused: UInt64 = 0
  private(set) var refusals: [(line: Int, reason: String)] = []

  /// The most refusals that are listed; all are counted.
  static let maximumRefusals = 100

  mutating func add(_ receipt: Receipt, count: Int) {
    accepted += UInt64(count)
    if firstOffset == nil { firstOffset = receipt.firstOffset }
    lastOffset = receipt.lastOffset
  }

  mutating func refuse(line: Int, _ reason: String) {
    refused += 1
    if refusals.count < Self.maximumRefusals { refusals.append((line, reason)) }
  }

  var response: HTTPResponse {
    .json { writer in
      writer.beginObject()
      writer.name("topic")
      writer.value(topic)
      writer.name("epoch")
      writer.value("\(epoch)")
      write(to: &writer)
      writer.endObject()
    }
  }

  /// Writes the members that say what was stored.
  func write(to writer: inout JSONWriter) {
    writer.name("accepted")
    writer.value(accepted)
    for (name, offset) in [("firstOffset", firstOffset), ("lastOffset", lastOffset)] {
      writer.name(name)
      if let offset { writer.value(offset) } else { writer.null() }
    }
    guard reportsRefusals else { return }
    writer.name("refused")
    writer.value(refused)
    writer.name("refusals")
    writer.beginArray()
    for refusal in refusals {
      writer.beginObject()
      writer.name("line")
      writer.value(refusal.line)
      writer.name("reason")
      writer.value(refusal.reason)
      writer.endObject()
    }
    writer.endArray()
  }
}
