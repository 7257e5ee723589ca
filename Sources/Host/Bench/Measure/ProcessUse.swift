// SPDX-License-Identifier: Apache-2.0
import Glibc

/// What some processes have used so far, as `/proc` says (proc_pid_stat(5), proc_pid_status(5)).
struct ProcessUse: Equatable, Sendable {
  /// Processor time in user space, in microseconds; the kernel tells it in clock ticks of 10 ms.
  var userMicroseconds: UInt64 = 0
  /// Processor time in the kernel, in microseconds.
  var systemMicroseconds: UInt64 = 0
  /// Memory in use, in bytes.
  var residentBytes: UInt64 = 0
  /// The most memory ever in use, in bytes.
  var peakResidentBytes: UInt64 = 0
  /// How often threads gave up their processor themselves.
  var voluntarySwitches: UInt64 = 0
  /// How often it was taken from them.
  var involuntarySwitches: UInt64 = 0

  /// Processor time in all, in microseconds.
  var processorMicroseconds: UInt64 { userMicroseconds + systemMicroseconds }

  /// Reads the use of processes and adds it up.
  ///
  /// - Parameters:
  ///   - processes: Their numbers; threads are part of them, child processes are not.
  ///   - files: Where it is read.
  /// - Returns: The sum; `nil` when one of them is gone.
  static func read(_ processes: [Int], from files: any MachineFiles = ProcFiles()) -> ProcessUse? {
    if processes.isEmpty { return nil }
    var use = ProcessUse()
    for process in processes {
      guard use.add(process, files) else { return nil }
    }
    return use
  }

  /// What was used since an earlier reading; memory stays as it is.
  func since(_ earlier: ProcessUse) -> ProcessUse {
    var use = self
    use.userMicroseconds &-= earlier.userMicroseconds
    use.systemMicroseconds &-= earlier.systemMicroseconds
    // Threads that ended take their counts along.
    use.voluntarySwitches -= min(voluntarySwitches, earlier.voluntarySwitches)
    use.involuntarySwitches -= min(involuntarySwitches, earlier.involuntarySwitches)
    return use
  }

  private mutating func add(_ process: Int, _ files: any MachineFiles) -> Bool {
    guard let stat = files.text(of: "\(process)/stat"),
      let close = stat.lastIndex(of: UInt8(ascii: ")")),
      let status = files.text(of: "\(process)/status")
    else { return false }
    // Fields are counted from 3, the state, which follows the name.
    let words = stat[(close + 1)...].procWords
    guard words.count > 12, let user = words[14 - 3].procNumber,
      let system = words[15 - 3].procNumber
    else { return false }
    let tickMicroseconds = 1_000_000 / UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
    userMicroseconds += user * tickMicroseconds
    systemMicroseconds += system * tickMicroseconds
    residentBytes += (Self.number("VmRSS:", in: status) ?? 0) << 10
    peakResidentBytes += (Self.number("VmHWM:", in: status) ?? 0) << 10
    for thread in files.threadNumbers(of: process) {
      guard let status = files.text(of: "\(process)/task/\(thread)/status") else { continue }
      voluntarySwitches += Self.number("voluntary_ctxt_switches:", in: status) ?? 0
      involuntarySwitches += Self.number("nonvoluntary_ctxt_switches:", in: status) ?? 0
    }
    return true
  }

  private static func number(_ name: String, in status: [UInt8]) -> UInt64? {
    for line in status.procLines where line.starts(with: name.utf8) {
      let words = line.procWords
      return words.count > 1 ? words[1].procNumber : nil
    }
    return nil
  }
}

extension MachineFiles {
  /// The numbers of a process's threads; the process's own where they are not to be had.
  func threadNumbers(of process: Int) -> [Int] {
    guard let directory = opendir("/proc/\(process)/task") else { return [process] }
    defer { closedir(directory) }
    var numbers: [Int] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if let number = Int(name) { numbers.append(number) }
    }
    return numbers
  }
}
