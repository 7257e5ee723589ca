// SPDX-License-Identifier: Apache-2.0
import Codecs
import Transport

// What comes to a publisher: answers to requests and commands.
extension Publisher {
  func receiveAnswers(
    _ bytes: [UInt8],
    at instant: MonotonicInstant
  ) throws(ConnectionFault) {
    decoder.receive(bytes)
    do {
      while let event = try decoder.nextEvent() {
        guard case .head(let head) = event else { continue }
        try answered(head, at: instant)
      }
    } catch let fault as ConnectionFault {
      throw fault
    } catch {
      throw .notUnderstood(error)
    }
  }

  private func answered(
    _ head: HTTPResponseHead,
    at instant: MonotonicInstant
  ) throws(ConnectionFault) {
    let isAccepted = (200..<300).contains(head.status)
    guard isAccepted || head.status == 503 || head.status == 429 else {
      throw .refused(head, "POST \(target)")
    }
    if plan.publishing == .lines {
      guard isAccepted else { throw .refused(head, "POST \(target)") }
      (isStreaming, isFinishing) = (false, false)
      return
    }
    guard let marker = takeUnanswered() else {
      throw ConnectionFault(
        what: "the server answered what nobody asked",
        remedy: "check --dialect"
      )
    }
    tally.answered(marker, at: instant, isAccepted: isAccepted)
  }

  private func takeUnanswered() -> EventMarker? {
    guard firstUnanswered < unanswered.count else { return nil }
    let marker = unanswered[firstUnanswered]
    firstUnanswered += 1
    if firstUnanswered * 2 > unanswered.count, firstUnanswered > 256 || unansweredCount == 0 {
      unanswered.removeFirst(firstUnanswered)
      firstUnanswered = 0
    }
    return marker
  }

  func receiveFrames(
    _ bytes: [UInt8],
    at instant: MonotonicInstant
  ) throws(ConnectionFault) {
    do {
      try bytes.withUnsafeBufferPointer { bytes throws(FrameScanner.Violation) in
        try scanner.scan(bytes) { opcode, payload in
          receiveFrame(WebSocketOpcode(rawValue: opcode), Array(payload), at: instant)
        }
      }
    } catch {
      throw .notUnderstood(error)
    }
    if let fault { throw fault }
  }

  private func receiveFrame(
    _ opcode: WebSocketOpcode,
    _ payload: [UInt8],
    at instant: MonotonicInstant
  ) {
    switch opcode {
    case .ping: _ = connection.send(WebSocketFrame.masked(.pong, payload))
    case .close: fault = ConnectionFault(what: "the server closed the publisher's WebSocket")
    default:
      for line in payload.split(separator: UInt8(ascii: "\n")) {
        if line.elementsEqual("{}".utf8) {
          _ = connection.send(WebSocketFrame.masked(.text, line))
        } else if let reply = try? JSONView.parse(line) {  // Others do not answer commands.
          receiveReply(reply, at: instant)
        }
      }
    }
  }

  /// Commands may be answered in another order than they were sent.
  private func receiveReply(_ reply: JSONView, at instant: MonotonicInstant) {
    guard let id = reply["id"]?.uint64 else { return }
    if id == 1 {
      isReady = true
      return
    }
    let index = Int(clamping: id) - 1_000_000_000
    guard let place = unanswered[firstUnanswered...].firstIndex(where: { $0.index == index })
    else { return }
    unanswered.swapAt(firstUnanswered, place)
    guard let marker = takeUnanswered() else { return }
    tally.answered(marker, at: instant, isAccepted: reply["error"] == nil)
  }
}
