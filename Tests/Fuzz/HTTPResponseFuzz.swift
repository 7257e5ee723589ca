// SPDX-License-Identifier: Apache-2.0
import Codecs

/// Responses say the same whole and in pieces.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzHTTPResponse(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  var input = unsafe FuzzInput(start, count)
  let pieceBytes = input.choice()
  let choices = input.choice()
  let methods = ["GET", "HEAD", "CONNECT", "POST"]
  let asked = [methods[choices % 4], methods[choices / 4 % 4]]
  let whole = Transcript(of: [input.rest], asked)
  let parts = Transcript(of: input.pieces(of: pieceBytes), asked)
  expect(whole == parts, "responses say the same whole and in pieces")
  return 0
}

private struct Transcript: Equatable {
  var heads: [HTTPResponseHead] = []
  var body: [UInt8] = []
  var trailers: [HTTPFields] = []
  var violation: HTTPViolation?
  var keepsAlive = false

  init(of pieces: [ArraySlice<UInt8>], _ methods: [String]) {
    var decoder = HTTPResponseDecoder()
    for method in methods { decoder.expectResponse(to: method) }
    do throws(HTTPViolation) {
      for piece in pieces {
        decoder.receive(piece)
        while let event = try decoder.nextEvent() { add(event) }
      }
      keepsAlive = decoder.keepsAlive
      decoder.receiveEnd()
      while let event = try decoder.nextEvent() { add(event) }
      expect(!decoder.keepsAlive, "a connection that has ended does not stay open")
    } catch {
      violation = error
    }
  }

  private mutating func add(_ event: HTTPResponseEvent) {
    switch event {
    case .interim(let head), .head(let head):
      heads.append(head)
      _ = head.contentLength
    case .body(let bytes): body += bytes
    case .end(let fields): trailers.append(fields)
    }
  }
}
