// SPDX-License-Identifier: Apache-2.0
public import Codecs
public import Streams

/// Rows of tables as clients see them: the same over WebSocket, in event streams and over HTTP.
enum TableAnswer {
  /// What a subscription to a table is answered as `data`.
  ///
  /// - Parameters:
  ///   - page: The first rows; `nil` where the client has them.
  ///   - data: What the client is told with the subscription otherwise: JSON text.
  /// - Returns: JSON text; `nil` for nothing.
  static func data(_ page: EventTable.Page?, with data: [UInt8]?) -> [UInt8]? {
    guard page != nil || data != nil else { return nil }
    var writer = JSONWriter()
    writer.beginObject()
    if let page { writer.members(of: page) }
    if let data {
      writer.name("data")
      writer.raw(data)
    }
    writer.endObject()
    return writer.bytes
  }
}

extension JSONWriter {
  /// Writes the rows of a page as `snapshot`, and as `next` where the rest begins.
  public mutating func members(of page: EventTable.Page) {
    name("snapshot")
    beginArray()
    for row in page.rows { value(row) }
    endArray()
    name("next")
    if let next = page.next { value(next) } else { null() }
  }

  /// Writes a row: its key, the offset at which it was set, its data, and as `tags` what its publisher
  /// has set besides.
  public mutating func value(_ row: EventTable.Row) {
    beginObject()
    member("key", row.key)
    member("offset", row.offset)
    let tags = row.event.shownTags.filter { $0.name != "subject" }
    if !tags.isEmpty {
      name("tags")
      beginObject()
      for (name, text) in tags { member(name, text) }
      endObject()
    }
    name("data")
    data(of: row.event)
    endObject()
  }
}
