// SPDX-License-Identifier: Apache-2.0

// How a merge waits for its inputs, and what it says of them.
extension MergeReader {
  func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest? {
    var requests: [WakeRequest] = []
    for (input, lane) in zip(inputs, schedule.lanes) where !lane.isKnown && !lane.isOver {
      guard let request = input.reader.notify(wake) else {
        for request in requests { request.cancel() }
        return nil
      }
      requests.append(request)
    }
    return WakeRequest { [requests] in for request in requests { request.cancel() } }
  }

  var wakeTime: Timestamp {
    var time = Timestamp.never
    for (input, lane) in zip(inputs, schedule.lanes) where !lane.isOver {
      if !lane.isKnown { time = min(time, input.reader.wakeTime) }
      if lane.instant > clock.now { time = min(time, lane.instant) }
      if lane.idleInstant > clock.now { time = min(time, lane.idleInstant) }
    }
    return time
  }

  var promisesSilence: Bool {
    zip(inputs, schedule.lanes).allSatisfy { $1.isKnown || $1.isOver || $0.reader.promisesSilence }
  }

  var isWorking: Bool { inputs.contains { $0.reader.isWorking } }

  var plan: FlowPlan? { FlowPlan("merge", inputs: inputs.map(\.plan)) }

  func pause() {
    for (input, lane) in zip(inputs, schedule.lanes) where !lane.isOver { input.reader.pause() }
  }
}
