// SPDX-License-Identifier: Apache-2.0
import Codecs

/// Requests say the same whole and in pieces, and no more is held than the limits allow.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzHTTPRequest(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  var input = unsafe FuzzInput(start, count)
  let pieceBytes = input.choice()
  var limits = HTTPLimits()
  if input.choice() % 2 == 1 {
    (limits.maximumStartLineBytes, limits.maximumFieldBytes) = (40, 30)
    (limits.maximumFieldsBytes, limits.maximumFieldCount) = (80, 4)
    (limits.maximumBodyBytes, limits.maximumChunkExtensionBytes) = (20, 10)
  }
  let whole = Transcript(of: [input.rest], limits: limits)
  let parts = Transcript(of: input.pieces(of: pieceBytes), limits: limits)
  expect(whole == parts, "requests say the same whole and in pieces")
  return 0
}

private struct Transcript: Equatable {
  var heads: [HTTPRequestHead] = []
  var body: [UInt8] = []
  var trailers: [HTTPFields] = []
  var violation: HTTPViolation?

  init(of pieces: [ArraySlice<UInt8>], limits: HTTPLimits) {
    var decoder = HTTPRequestDecoder(limits: limits)
    do throws(HTTPViolation) {
      for piece in pieces {
        decoder.receive(piece)
        while let event = try decoder.nextEvent() { add(event) }
        let most = max(limits.maximumStartLineBytes, limits.maximumFieldBytes) + 2
        expect(decoder.bufferedCount <= most, "no more than a line is held")
      }
    } catch {
      violation = error
      expect((400...599).contains(error.suggestedStatus), "a violation has a status")
    }
  }

  private mutating func add(_ event: HTTPRequestEvent) {
    switch event {
    case .head(let head):
      heads.append(head)
      _ = (head.keepsAlive, head.expectsContinue, head.contentLength, head.authority)
      _ = try? RequestTarget.parse(head.target)
      _ = HTTPContentCoding.preferred(by: head.fields)
      _ = try? PermessageDeflateSettings().accept(head)
      expect(Self.survives(head), "a head that was read can be written and read")
    case .body(let bytes): body += bytes
    case .end(let fields): trailers.append(fields)
    }
  }

  /// Whether the head is read again as it was written.
  private static func survives(_ head: HTTPRequestHead) -> Bool {
    var bytes: [UInt8] = []
    head.encode(into: &bytes)
    var decoder = HTTPRequestDecoder()
    decoder.receive(bytes)
    return (try? decoder.nextEvent()) == .head(head)
  }
}
