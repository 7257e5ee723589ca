// SPDX-License-Identifier: Apache-2.0
import Codecs

/// Frames, compressed or not, say the same whole and in pieces; and what one side writes the other
/// reads.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzWebSocket(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  var input = unsafe FuzzInput(start, count)
  let pieceBytes = input.choice()
  let choices = input.choice()
  let role: WebSocketRole = choices & 1 == 0 ? .client : .server
  var agreed: PermessageDeflate?
  if choices & 2 != 0 {
    agreed = PermessageDeflate()
    agreed?.serverNoContextTakeover = choices & 4 != 0
    agreed?.clientNoContextTakeover = choices & 4 != 0
    agreed?.serverMaxWindowBits = 8 + choices >> 5
    agreed?.clientMaxWindowBits = 8 + choices >> 5
  }
  var limits = WebSocketLimits()
  if choices & 8 != 0 { (limits.maximumMessageBytes, limits.maximumFragmentCount) = (50, 3) }
  let whole = Outcome(of: [input.rest], role, limits, agreed)
  let parts = Outcome(of: input.pieces(of: pieceBytes), role, limits, agreed)
  expect(whole == parts, "frames say the same whole and in pieces")
  if let agreed { checkRoundTrip(input, pieceBytes, agreed) }
  return 0
}

/// Compresses the input as messages and reads them.
private func checkRoundTrip(_ input: FuzzInput, _ pieceBytes: Int, _ agreed: PermessageDeflate) {
  var deflater = WebSocketDeflater(
    windowBits: agreed.serverWindowBits,
    keepsContext: !agreed.serverNoContextTakeover,
    minimumBytes: 0
  )
  var bytes: [UInt8] = []
  let messages = input.pieces(of: pieceBytes * 16)
  for message in messages { deflater.encode(.binary, message, into: &bytes) }
  var limits = WebSocketLimits()
  limits.maximumMessageBytes = 4096
  let outcome = Outcome(of: [bytes[...]], .client, limits, agreed)
  expect(outcome.violation == nil, "what was written can be read")
  expect(outcome.events == messages.map { .binary(Array($0)) }, "messages survive")
}

private struct Outcome: Equatable {
  var events: [WebSocketEvent] = []
  var violation: WebSocketViolation?

  init(
    of pieces: [ArraySlice<UInt8>],
    _ role: WebSocketRole,
    _ limits: WebSocketLimits,
    _ agreed: PermessageDeflate?
  ) {
    var decoder = WebSocketDecoder(role: role, limits: limits, compression: agreed)
    do throws(WebSocketViolation) {
      for piece in pieces {
        decoder.receive(piece)
        while let event = try decoder.nextEvent() {
          events.append(event)
          Self.check(event, limits)
        }
        // A control frame waits for its payload, a header for its length and key.
        expect(decoder.bufferedCount <= 14 + 125, "no more than a control frame is held")
      }
    } catch {
      violation = error
      expect(WebSocketFrame.mayCarry(closeCode: error.closeCode), "a code can be sent")
      expect(error.description.utf8.count <= 123, "a reason fits")
    }
  }

  private static func check(_ event: WebSocketEvent, _ limits: WebSocketLimits) {
    switch event {
    case .text(let bytes):
      expect(String(validating: bytes, as: UTF8.self) != nil, "text is UTF-8")
      expect(bytes.count <= limits.maximumMessageBytes, "messages are bounded")
    case .binary(let bytes):
      expect(bytes.count <= limits.maximumMessageBytes, "messages are bounded")
    case .ping(let bytes), .pong(let bytes):
      expect(bytes.count <= 125, "control frames are short")
    case .close(let code, _):
      expect(code.map(WebSocketFrame.mayCarry) ?? true, "codes are valid")
    }
  }
}
