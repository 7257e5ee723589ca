// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

@testable import Host

@Suite struct FrameScannerTests {
  private struct Frame: Equatable {
    var opcode: UInt8
    var payload: [UInt8]
  }

  private func frame(_ opcode: WebSocketOpcode, _ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    WebSocketFrame.encode(opcode, Array(repeating: 7, count: count), into: &bytes)
    return bytes
  }

  /// What is found when the bytes come in pieces.
  private func frames(_ pieces: [[UInt8]]) throws -> [Frame] {
    var scanner = FrameScanner()
    var found: [Frame] = []
    for piece in pieces {
      try piece.withUnsafeBufferPointer { bytes in
        try scanner.scan(bytes) { found.append(Frame(opcode: $0, payload: Array($1))) }
      }
    }
    return found
  }

  @Test func `frames of all lengths are found, cut at each byte`() throws {
    let lengths = [0, 1, 125, 126, 300]
    let bytes = lengths.flatMap { frame(.text, $0) } + frame(.ping, 3)
    let wanted =
      lengths.map { Frame(opcode: 1, payload: Array(repeating: 7, count: $0)) }
      + [Frame(opcode: 9, payload: [7, 7, 7])]
    #expect(try frames([bytes]) == wanted)
    for cut in bytes.indices {
      #expect(try frames([Array(bytes[..<cut]), Array(bytes[cut...])]) == wanted)
    }
    #expect(try frames(bytes.map { [$0] }) == wanted)
  }

  @Test func `a frame of 64 KiB and more is found`() throws {
    #expect(try frames([frame(.text, 70_000)]).map(\.payload.count) == [70_000])
  }

  @Test func `what a plain server does not send is an error`() {
    for first: [UInt8] in [[0x01, 1, 0], [0x80, 1, 0], [0xC1, 1, 0], [0x81, 0x81, 0]] {
      #expect(throws: FrameScanner.Violation.notPlain) { try frames([first]) }
    }
    let long: [UInt8] = [0x81, 127, 0, 0, 0, 0, 0, 0x40, 0, 1]
    #expect(throws: FrameScanner.Violation.tooLong) { try frames([long]) }
  }
}
