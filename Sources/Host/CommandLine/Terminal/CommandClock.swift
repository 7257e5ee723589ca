// SPDX-License-Identifier: Apache-2.0
import Glibc
public import Transport

/// Time as a command sees it, and whether the person at the terminal has had enough.
public protocol CommandClock: AnyObject {
  /// The current instant.
  var now: MonotonicInstant { get }
  /// How often Ctrl-C was pressed, or the process was asked to end.
  var interruptCount: Int { get }
  /// Waits until an instant, or until it is interrupted.
  func wait(until deadline: MonotonicInstant)
}

extension CommandClock {
  /// Whether the command is asked to come to its end.
  var isInterrupted: Bool { interruptCount > 0 }

  /// Waits for a time, or until it is interrupted.
  func wait(milliseconds: Int) {
    wait(until: now.advanced(by: .milliseconds(milliseconds)))
  }
}

/// The machine's clock, with signals that cut a wait short instead of ending the process.
final class SignalClock: CommandClock {
  private let watcher: SignalWatcher
  private var signalCount = 0

  init() throws(CommandFailure) {
    do {
      watcher = try SignalWatcher()
    } catch {
      throw .failure("signals cannot be watched: \(error)")
    }
  }

  var now: MonotonicInstant { .now }

  var interruptCount: Int {
    while watcher.next() != nil { signalCount += 1 }
    return signalCount
  }

  func wait(until deadline: MonotonicInstant) {
    let before = interruptCount
    while interruptCount == before {
      let left = now.duration(to: deadline)
      guard left > .zero else { return }
      // Rounded up, so that a wait never ends early; cut, so that it fits.
      let milliseconds = min(left / .milliseconds(1), 60_000).rounded(.up)
      var watched = pollfd(fd: watcher.descriptor, events: Int16(POLLIN), revents: 0)
      poll(&watched, 1, CInt(milliseconds))
    }
  }
}
