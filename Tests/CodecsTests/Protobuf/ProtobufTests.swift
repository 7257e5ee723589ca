// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

@Suite struct ProtobufTests {
  /// The examples of "Encoding" in the documentation of Protocol Buffers.
  @Test func `the documented examples are written and read`() throws {
    var writer = ProtobufWriter()
    writer.number(1, UInt64(150))
    #expect(writer.bytes == [0x08, 0x96, 0x01])
    writer = ProtobufWriter()
    writer.text(2, "testing")
    #expect(writer.bytes == [0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6E, 0x67])
    writer = ProtobufWriter()
    writer.message(3) { $0.number(1, UInt64(150)) }
    #expect(writer.bytes == [0x1A, 0x03, 0x08, 0x96, 0x01])
    writer = ProtobufWriter()
    writer.number(1, Int64(-2))
    #expect(writer.bytes == [0x08, 0xFE] + Array(repeating: 0xFF, count: 8) + [0x01])
    let message = try ProtobufMessage([0x1A, 0x03, 0x08, 0x96, 0x01])
    #expect(try message.message(3)?.number(1) == 150)
  }

  @Test func `defaults are left out, an empty message is not`() {
    var writer = ProtobufWriter()
    writer.number(1, UInt64(0))
    writer.text(2, "")
    writer.data(3, [])
    #expect(writer.bytes.isEmpty)
    writer.message(4) { _ in }
    #expect(writer.bytes == [0x22, 0x00])
  }

  @Test func `the last of several holds, and lists keep their order`() throws {
    var writer = ProtobufWriter()
    for number in [1, 2, 3] as [UInt64] { writer.number(1, number) }
    for text in ["a", "b"] { writer.text(2, text) }
    writer.data(2, [0xFF])
    let message = try ProtobufMessage(writer.bytes)
    #expect(message.number(1) == 3)
    #expect(message.texts(2) == ["a", "b", nil])
    #expect(message.text(2) == nil)
    #expect(message.number(2) == nil)
    #expect(message.data(1) == nil)
  }

  @Test func `long messages have their length before them`() throws {
    var writer = ProtobufWriter()
    writer.message(1) { $0.text(1, String(repeating: "x", count: 300)) }
    writer.insertLength(before: 0)
    let parts = try ProtobufStream.split(writer.bytes + writer.bytes)
    #expect(parts.count == 2)
    #expect(Array(parts[0]) == Array(parts[1]))
    let message = try ProtobufMessage(Array(parts[1]))
    #expect(try message.message(1)?.text(1)?.count == 300)
    #expect(try ProtobufStream.split([0]) == [[]])
  }

  @Test func `fixed numbers are passed over`() throws {
    let bytes: [UInt8] = [0x0D, 1, 2, 3, 4, 0x11, 1, 0, 0, 0, 0, 0, 0, 0x80, 0x18, 7]
    let message = try ProtobufMessage(bytes)
    #expect(message.number(1) == 0x0403_0201)
    #expect(message.number(2) == 0x8000_0000_0000_0001)
    #expect(message.number(3) == 7)
  }

  @Test(arguments: [
    ([0x08], ProtobufViolation.truncated), ([0x12, 0x05, 0x01], .truncated),
    ([0x0D, 1], .truncated),
    ([0x80], .truncated), ([0x00, 0x01], .badField), ([0x0B], .badWireType(3)),
    ([0x0F], .badWireType(7)),
    ([0x08] + Array(repeating: 0x80, count: 9) + [0x02], .overlongNumber),
    ([0x12] + Array(repeating: 0xFF, count: 9) + [0x01], .truncated),
  ])
  func `what is no message is refused`(bytes: [UInt8], violation: ProtobufViolation) {
    #expect(throws: violation) { try ProtobufMessage(bytes) }
  }

  @Test func `a message has so many fields and no more`() throws {
    let field: [UInt8] = [0x08, 0x01]
    let most = Array(repeatElement(field, count: ProtobufMessage.maximumFields).joined())
    #expect(try ProtobufMessage(most).number(1) == 1)
    #expect(throws: ProtobufViolation.tooManyFields(limit: ProtobufMessage.maximumFields)) {
      try ProtobufMessage(most + field)
    }
  }

  @Test func `random bytes are read or refused`() throws {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<5_000 {
      let bytes = (0..<Int.random(in: 0...24)).map { _ in UInt8.random(in: 0...31, using: &random) }
      guard let message = try? ProtobufMessage(bytes) else { continue }
      for field in Set(message.fieldNumbers) {
        _ = (message.number(field), message.texts(field), try? message.messages(field))
      }
    }
  }
}
