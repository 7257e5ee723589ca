// SPDX-License-Identifier: Apache-2.0
import Codecs

/// Resume points survive writing and reading; streams of events say the same whole and in pieces.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzResume(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  var input = unsafe FuzzInput(start, count)
  let pieceBytes = input.choice()
  let maximumBytes = input.choice() % 2 == 0 ? 1 << 20 : 30
  if let text = String(validating: input.rest, as: UTF8.self) { checkResumePoint(text) }
  let whole = Transcript(of: [input.rest], maximumBytes)
  let parts = Transcript(of: input.pieces(of: pieceBytes), maximumBytes)
  expect(whole == parts, "events are the same whole and in pieces")
  if whole.violation == nil { whole.checkRoundTrip() }
  return 0
}

private func checkResumePoint(_ text: String) {
  guard let point = try? ResumePoint.parse(text) else { return }
  // What was read may have been written with more escapes than needed, or fewer.
  guard let again = try? ResumePoint.parse(point.text, maximumBytes: .max) else {
    preconditionFailure("a resume point that was written can be read")
  }
  expect(again == point, "a resume point survives")
  for position in point.positions {
    expect(point[position.topic] == position, "each topic has its position")
  }
}

private struct Transcript: Equatable {
  var events: [ServerSentEvent] = []
  var lastEventID = ""
  var retry: Int?
  var violation: ServerSentEventViolation?

  init(of pieces: [ArraySlice<UInt8>], _ maximumBytes: Int) {
    var decoder = ServerSentEventDecoder(maximumEventBytes: maximumBytes)
    do throws(ServerSentEventViolation) {
      for piece in pieces {
        decoder.receive(piece)
        while let event = try decoder.nextEvent() { events.append(event) }
      }
      lastEventID = decoder.lastEventID
      retry = decoder.retryMilliseconds
    } catch {
      violation = error
    }
  }

  /// Writes the events and reads them.
  func checkRoundTrip() {
    var bytes: [UInt8] = []
    for event in events { event.encode(into: &bytes) }
    let again = Transcript(of: [bytes[...]], 1 << 20)
    expect(again.events.map(\.data) == events.map(\.data), "data survive")
    expect(again.events.map(\.event) == events.map(\.event), "types survive")
  }
}
