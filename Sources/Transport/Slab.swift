// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// Memory for small values that are looked at one after the other: each has a line of the processor's
/// cache to itself, and the lines lie side by side.
///
/// What thousands of objects hold lies all over memory, and fetching it takes longer than the work on it.
/// Safe to use from any thread; what lies in a line belongs to who took it. Lines that are given back are
/// used again, and kept until the process ends: 64 bytes for each that was in use at once.
public final class Slab<Value: BitwiseCopyable>: Sendable {
  /// A line, until it is given back.
  public typealias Line = UnsafeMutablePointer<Value>

  /// Bytes of a line.
  private static var lineBytes: Int { 64 }
  /// Lines that are taken from the system at once: a page of 4 KiB.
  private static var pageLines: Int { 64 }

  /// The addresses of free lines, that which is used next at the end.
  private let free = Mutex<[UInt]>([])

  /// Makes one without memory.
  public init() {
    precondition(MemoryLayout<Value>.size <= Self.lineBytes, "a value fits in a line")
  }

  /// Takes a line and puts a value into it.
  public func take(_ value: Value) -> Line {
    let address = free.withLock { free in
      if free.isEmpty { free = Self.page() }
      return free.removeLast()
    }
    guard let memory = UnsafeMutableRawPointer(bitPattern: address) else {
      preconditionFailure("a line has an address")
    }
    let line = memory.bindMemory(to: Value.self, capacity: 1)
    line.initialize(to: value)
    return line
  }

  /// Gives a line back: nobody looks at it any more.
  public func giveBack(_ line: Line) {
    free.withLock { $0.append(UInt(bitPattern: line)) }
  }

  /// The lines of a page, of which the first is used first.
  private static func page() -> [UInt] {
    let bytes = lineBytes * pageLines
    let start = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: bytes)
    return (0..<pageLines).reversed().map { UInt(bitPattern: start) + UInt($0 * lineBytes) }
  }
}
