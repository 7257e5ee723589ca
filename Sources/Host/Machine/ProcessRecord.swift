// SPDX-License-Identifier: Apache-2.0

/// One life of a process: a number is used again, but not with the same start.
struct ProcessIdentity: Hashable, Sendable {
  /// Its number.
  var pid: Int
  /// When it started, in clock ticks since the machine did.
  var startTicks: UInt64
}

/// What is taken note of about a process; never its arguments or environment.
struct ProcessRecord: Equatable, Sendable {
  /// Which process.
  var identity: ProcessIdentity
  /// The name of its program, at most 15 bytes.
  var name: String
  /// Whether it is a thread of the kernel.
  var isKernelThread: Bool
  /// Whether it has ended and only waits for its parent to take note.
  var isOver: Bool

  /// Reads the text of `/proc/PID/stat`; `nil` when it is cut short or something else.
  ///
  /// The name stands in parentheses and may hold any byte, parentheses and line feeds included, so
  /// the last closing one ends it.
  init?(stat text: [UInt8]) {
    guard let open = text.firstIndex(of: UInt8(ascii: "(")),
      let close = text.lastIndex(of: UInt8(ascii: ")")), open < close,
      let pid = text[..<open].procWords.first?.procNumber, let pid = Int(exactly: pid)
    else { return nil }
    // From here on fields are counted from 3, the state, as proc_pid_stat(5) does.
    let words = text[(close + 1)...].procWords
    // One word more than is needed, so that the start is whole.
    guard words.count > 20, let flags = words[9 - 3].procNumber,
      let startTicks = words[22 - 3].procNumber
    else { return nil }
    identity = ProcessIdentity(pid: pid, startTicks: startTicks)
    name = text[(open + 1)..<close].procText
    isKernelThread = flags & Self.kernelThreadFlag != 0
    isOver = [UInt8(ascii: "Z"), UInt8(ascii: "X")].contains(words[0].first)
  }

  /// `PF_KTHREAD` in the kernel's `sched.h`.
  private static let kernelThreadFlag: UInt64 = 0x0020_0000
}
