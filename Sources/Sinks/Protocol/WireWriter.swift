// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

/// Writes messages to a client, in one of the forms of the protocol.
///
/// What has its default value may be left out by either.
protocol WireWriter {
  mutating func text(_ field: WireField, _ value: String)
  mutating func number(_ field: WireField, _ value: UInt64)
  mutating func truth(_ field: WireField, _ value: Bool)
  /// Writes JSON text that is passed on as it is.
  mutating func json(_ field: WireField, _ text: [UInt8])
  /// Writes an event's data.
  mutating func data(_ field: WireField, of event: Event)
  mutating func message(_ field: WireField, _ body: (inout Self) -> Void)
  mutating func messages<Element>(
    _ field: WireField,
    _ elements: [Element],
    _ body: (inout Self, Element) -> Void
  )
  /// Writes messages by name.
  mutating func map<Element>(
    _ field: WireField,
    _ elements: [(name: String, value: Element)],
    _ body: (inout Self, Element) -> Void
  )
  /// Writes texts by name.
  mutating func texts(_ field: WireField, _ texts: [(name: String, value: String)])
}

/// Writes one JSON object per message.
struct JSONWireWriter: WireWriter {
  private var writer = JSONWriter()

  /// The message that `body` writes.
  static func bytes(reserving count: Int = 0, _ body: (inout JSONWireWriter) -> Void) -> [UInt8] {
    var output = JSONWireWriter()
    output.writer.reserve(count)
    output.object(body)
    return output.writer.bytes
  }

  mutating func text(_ field: WireField, _ value: String) { writer.member(field.name, value) }
  mutating func number(_ field: WireField, _ value: UInt64) { writer.member(field.name, value) }
  mutating func truth(_ field: WireField, _ value: Bool) { writer.member(field.name, value) }

  mutating func json(_ field: WireField, _ text: [UInt8]) {
    writer.name(field.name)
    writer.raw(text)
  }

  mutating func data(_ field: WireField, of event: Event) {
    writer.name(field.name)
    writer.data(of: event)
  }

  mutating func message(_ field: WireField, _ body: (inout JSONWireWriter) -> Void) {
    writer.name(field.name)
    object(body)
  }

  mutating func messages<Element>(
    _ field: WireField,
    _ elements: [Element],
    _ body: (inout JSONWireWriter, Element) -> Void
  ) {
    writer.name(field.name)
    writer.beginArray()
    for element in elements { object { body(&$0, element) } }
    writer.endArray()
  }

  mutating func map<Element>(
    _ field: WireField,
    _ elements: [(name: String, value: Element)],
    _ body: (inout JSONWireWriter, Element) -> Void
  ) {
    message(field) { writer in
      for (name, value) in elements {
        writer.message(WireField(name, 0)) { body(&$0, value) }
      }
    }
  }

  mutating func texts(_ field: WireField, _ texts: [(name: String, value: String)]) {
    message(field) { writer in
      for (name, value) in texts { writer.writer.member(name, value) }
    }
  }

  private mutating func object(_ body: (inout JSONWireWriter) -> Void) {
    writer.beginObject()
    body(&self)
    writer.endObject()
  }
}

/// Writes messages of Protobuf, each behind its length.
struct ProtobufWireWriter: WireWriter {
  private var writer = ProtobufWriter()

  /// The message that `body` writes, behind its length.
  static func bytes(
    reserving count: Int = 0,
    _ body: (inout ProtobufWireWriter) -> Void
  ) -> [UInt8] {
    var output = ProtobufWireWriter()
    output.writer.reserve(count)
    body(&output)
    output.writer.insertLength(before: 0)
    return output.writer.bytes
  }

  mutating func text(_ field: WireField, _ value: String) { writer.text(field.number, value) }
  mutating func number(_ field: WireField, _ value: UInt64) { writer.number(field.number, value) }

  mutating func truth(_ field: WireField, _ value: Bool) {
    writer.number(field.number, value ? 1 : UInt64(0))
  }

  mutating func json(_ field: WireField, _ text: [UInt8]) { writer.data(field.number, text) }

  /// A text is its bytes here: nothing says that it is one, but its publisher knows.
  mutating func data(_ field: WireField, of event: Event) { writer.data(field.number, event.data) }

  mutating func message(_ field: WireField, _ body: (inout ProtobufWireWriter) -> Void) {
    inner(field.number, body)
  }

  mutating func messages<Element>(
    _ field: WireField,
    _ elements: [Element],
    _ body: (inout ProtobufWireWriter, Element) -> Void
  ) {
    for element in elements { inner(field.number) { body(&$0, element) } }
  }

  mutating func map<Element>(
    _ field: WireField,
    _ elements: [(name: String, value: Element)],
    _ body: (inout ProtobufWireWriter, Element) -> Void
  ) {
    for (name, value) in elements {
      inner(field.number) { entry in
        entry.writer.text(1, name)
        entry.inner(2) { body(&$0, value) }
      }
    }
  }

  mutating func texts(_ field: WireField, _ texts: [(name: String, value: String)]) {
    for (name, value) in texts {
      writer.message(field.number) { entry in
        entry.text(1, name)
        entry.text(2, value)
      }
    }
  }

  private mutating func inner(_ field: Int, _ body: (inout ProtobufWireWriter) -> Void) {
    writer.message(field) { writer in
      var output = ProtobufWireWriter()
      swap(&output.writer, &writer)
      body(&output)
      swap(&output.writer, &writer)
    }
  }
}
