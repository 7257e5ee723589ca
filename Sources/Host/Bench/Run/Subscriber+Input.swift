// SPDX-License-Identifier: Apache-2.0
import Codecs
import Transport

// What comes to a subscriber.
extension Subscriber {
  // MARK: WebSocket

  func receiveFrames(_ bytes: [UInt8], at instant: MonotonicInstant) throws(ConnectionFault) {
    do {
      try bytes.withUnsafeBufferPointer { bytes throws(FrameScanner.Violation) in
        try scanner.scan(bytes) { opcode, payload in
          if opcode == WebSocketOpcode.text.rawValue, let marker = reader.read(payload) {
            note(marker, at: instant)
          } else {
            receiveOther(opcode, Array(payload))
          }
        }
      }
    } catch {
      throw .notUnderstood(error)
    }
    if let fault { throw fault }
  }

  /// What is no event: rare enough to be read with care.
  private func receiveOther(_ opcode: UInt8, _ payload: [UInt8]) {
    switch WebSocketOpcode(rawValue: opcode) {
    case .ping: _ = connection.send(WebSocketFrame.masked(.pong, payload))
    case .close:
      let code = payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : 1_005
      let reason = String(decoding: payload.dropFirst(2), as: UTF8.self)
      fault = ConnectionFault(what: "the server closed subscriber \(index) with \(code) \(reason)")
    case .text:
      for line in payload.parts(between: UInt8(ascii: "\n")) { receiveLine(line) }
    default: tally.foreign()
    }
  }

  private func receiveLine(_ line: ArraySlice<UInt8>) {
    // Text that is not JSON is of somebody else.
    guard let message = try? JSONView.parse(line), message.kind == .object else {
      return tally.foreign()
    }
    if let id = message["id"]?.uint64 {
      receiveReply(message, id)
    } else if let push = message["push"] {
      receivePush(push)
    } else if line.elementsEqual("{}".utf8) {
      // A ping of the protocol, answered by the same.
      _ = connection.send(WebSocketFrame.masked(.text, line))
    } else {
      tally.foreign()
    }
  }

  private func receiveReply(_ reply: JSONView, _ id: UInt64) {
    if let error = reply["error"] {
      let message = error["message"]?.string ?? ""
      fault = ConnectionFault(
        what: "subscriber \(index) was refused: \(error["code"]?.uint64 ?? 0) \(message)"
      )
      return
    }
    if id >= 2, id - 2 < UInt64(topics.count), let offset = reply["subscribe"]?["offset"]?.uint64 {
      bases[Int(id - 2)] = offset
    }
    guard case .subscribing(let count) = phase else { return }
    phase = count > 1 ? .subscribing(count - 1) : .frames
    if count == 1 { becameReady() }
  }

  private func receivePush(_ push: JSONView) {
    if push["unsubscribe"] != nil {
      fault = ConnectionFault(what: "the server ended a subscription of subscriber \(index)")
      return
    }
    guard let gap = push["pub"]?["tags"]?["weir-gap"]?.string else { return tally.foreign() }
    let parts = gap.split(separator: "-").map { UInt64($0) }
    guard parts.count == 2, let from = parts[0], let to = parts[1] else { return tally.foreign() }
    noteGap(topic: push["channel"]?.string, from: from, to: to)
  }

  // MARK: Event stream

  func receiveBlocks(_ bytes: [UInt8], at instant: MonotonicInstant) throws(ConnectionFault) {
    decoder.receive(bytes)
    do {
      while let event = try decoder.nextEvent() {
        switch event {
        case .head(let head):
          guard head.status == 200 else { throw ConnectionFault.refused(head, "the event stream") }
          becameReady()
        case .body(let bytes): events.receive(bytes)
        case .end, .interim: break
        }
      }
      while let block = try events.nextEvent() { receiveBlock(block, at: instant) }
    } catch let fault as ConnectionFault {
      throw fault
    } catch {
      throw .notUnderstood(error)
    }
  }

  private func receiveBlock(_ block: ServerSentEvent, at instant: MonotonicInstant) {
    if let marker = block.data.withUnsafeBufferPointer({ reader.read($0) }) {
      learnBase(block, marker)
      return note(marker, at: instant)
    }
    // Anything else than a gap is of somebody else.
    guard block.event == "weir.gap", let gap = try? JSONView.parse(block.data),
      let from = gap["from"]?.uint64, let to = gap["to"]?.uint64
    else { return tally.foreign() }
    noteGap(topic: gap["topic"]?.string, from: from, to: to)
  }

  /// Learns from the first event of a topic where its numbers begin.
  private func learnBase(_ block: ServerSentEvent, _ marker: EventMarker) {
    guard let place = topics.firstIndex(of: marker.topic), bases[place] == nil,
      let id = block.id, let point = try? ResumePoint.parse(id),  // Others have ids of their own.
      let offset = point[plan.topicName(marker.topic)]?.offset, offset > marker.number
    else { return }
    bases[place] = offset - UInt64(marker.number) - 1
  }
}
