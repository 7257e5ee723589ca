// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Transport

@Suite struct ResponseAssemblerTests {
  private static func assembler(head: Int = 1_000, body: Int = 10) -> ResponseAssembler {
    ResponseAssembler(maximumHeadBytes: head, maximumBodyBytes: body)
  }

  @Test func `the last head counts, and what follows the body does not`() {
    var assembler = Self.assembler()
    let lines = [
      "HTTP/1.1 103 Early Hints", "Link: a", "", "HTTP/2 200 ", "A:b", "a: \t c \t", " folded",
      "no field", "",
      "Trailer: late",
    ]
    let areTaken = lines.map { assembler.take(line: $0) }
    #expect(areTaken.allSatisfy { $0 })
    #expect(assembler.status == 200)
    #expect(assembler.headCount == 2)
    #expect(assembler.fields == [.init("A", "b"), .init("a", "c folded")])
  }

  @Test func `an answer begins with a head that is not interim`() {
    var assembler = Self.assembler()
    #expect(!assembler.hasBegun)
    _ = assembler.take(line: "HTTP/1.1 199 Wait")
    #expect(!assembler.hasBegun)
    _ = assembler.take(line: "HTTP/1.1 200 OK")
    #expect(assembler.hasBegun)
  }

  @Test func `a body of the limit is taken, and no byte more`() {
    var assembler = Self.assembler()
    let areTaken = ["12345", "67890", "1"].map { assembler.take(body: $0) }
    #expect(areTaken == [true, true, false])
    #expect(assembler.failure == .responseTooLarge(.body, limitBytes: 10))
    #expect(assembler.body.count == 10)
  }

  @Test func `all heads count together, with trailers`() {
    var assembler = Self.assembler(head: 40)
    let lines = ["HTTP/1.1 100 ", "HTTP/1.1 200 ", "12345678", ""]
    let areTaken = lines.map { assembler.take(line: $0) }
    #expect(areTaken == [true, true, true, false])
    #expect(assembler.failure == .responseTooLarge(.head, limitBytes: 40))
  }

  @Test func `bytes that are not UTF-8 are replaced`() {
    var assembler = Self.assembler()
    _ = assembler.take(line: "HTTP/1.1 200")
    let line: [UInt8] = [0x41, 0x3A, 0xFF, 13, 10]
    let isTaken = line.withUnsafeBytes { assembler.receive(line: $0) }
    #expect(isTaken)
    #expect(assembler.fields == [.init("A", "\u{FFFD}")])
  }
}

extension ResponseAssembler {
  fileprivate mutating func take(line: String) -> Bool {
    Array("\(line)\r\n".utf8).withUnsafeBytes { receive(line: $0) }
  }

  fileprivate mutating func take(body: String) -> Bool {
    Array(body.utf8).withUnsafeBytes { receive(body: $0) }
  }
}
