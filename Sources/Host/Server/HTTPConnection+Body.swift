// SPDX-License-Identifier: Apache-2.0
import Codecs
import Transport

// The bodies of requests.
extension HTTPConnection {
  func receiveBody(_ bytes: ArraySlice<UInt8>, now: MonotonicInstant) -> Step {
    switch phase {
    case .collecting(let limit, var collected, let then):
      guard collected.count + bytes.count <= limit else {
        refuse(.tooLarge(limit: limit), as: .bodyTooLarge, now: now)
        return .none
      }
      guard !services.budget.isExhausted else {
        refuse(.tooMuchHeld, as: .memory, now: now)
        return .none
      }
      phase = .discarding
      collected.append(contentsOf: bytes)
      phase = .collecting(limit: limit, bytes: collected, then: then)
    case .streaming(let intake, _):
      if services.budget.isExhausted {
        statistics.count(.memory)
        interrupt(intake, .tooMuchHeld, now: now)
      } else {
        step(intake.receive(bytes), of: intake, now: now)
      }
    case .head, .held, .discarding, .lingering:
      break
    }
    return .none
  }

  func endBody(now: MonotonicInstant) -> Step {
    switch phase {
    case .collecting(_, let bytes, let then):
      phase = .head
      return take(then.answer(bytes, replyingTo: replyAddress), now: now, bodyIsWhole: true)
    case .streaming(let intake, _):
      hasWholeBody = true
      step(intake.finish(), of: intake, now: now)
    case .discarding:
      phase = .head
      deadline = now.advanced(by: idlePatience)
    case .head, .held, .lingering:
      break
    }
    return .none
  }
}
