// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Where the texts of `/proc` come from: the kernel, or a test.
protocol MachineFiles: Sendable {
  /// The whole text of a file such as `stat` or `42/stat`; `nil` when it is not there.
  func text(of path: String) -> [UInt8]?
  /// The numbers of all processes; empty when they are not to be had.
  var processNumbers: [Int] { get }
}

/// The kernel's `/proc`.
struct ProcFiles: MachineFiles {
  /// Where it is mounted.
  var root = "/proc"

  func text(of path: String) -> [UInt8]? {
    let descriptor = open("\(root)/\(path)", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var text: [UInt8] = []
    while true {
      let count = Self.append(to: &text, from: descriptor)
      if count == 0 { return text }
      if count < 0, errno != EINTR { return nil }
    }
  }

  private static func append(to text: inout [UInt8], from descriptor: CInt) -> Int {
    var count = 0
    text.append(addingCapacity: 4_096) { span in
      span.withUnsafeMutableBufferPointer { bytes, filled in
        guard let start = bytes.baseAddress else { return }
        count = read(descriptor, start + filled, 4_096)
        filled += max(count, 0)
      }
    }
    return count
  }

  var processNumbers: [Int] {
    guard let directory = opendir(root) else { return [] }
    defer { closedir(directory) }
    var numbers: [Int] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if let number = Int(name), number > 0 { numbers.append(number) }
    }
    return numbers
  }
}
