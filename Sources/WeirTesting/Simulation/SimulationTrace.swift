// SPDX-License-Identifier: Apache-2.0

/// What happened in a simulation: the same for the same seed.
public struct SimulationTrace: Hashable, Sendable, CustomStringConvertible {
  /// What was noted, with the number of the step: the newest ``SimulationLimits/traceLines``.
  public private(set) var lines: [String] = []
  /// Lines that are no longer kept.
  public private(set) var droppedCount = 0
  /// A number made of every choice and every line: two runs with the same one went the same way.
  public private(set) var fingerprint: UInt64 = 0xCBF2_9CE4_8422_2325
  /// How many pieces of work have run.
  public private(set) var stepCount: UInt64 = 0

  /// Counts a step that was chosen among so many.
  mutating func step(_ choice: Int, of count: Int) {
    stepCount += 1
    mix(UInt64(choice))
    mix(UInt64(count))
  }

  /// Notes a line.
  mutating func note(_ line: String) {
    for byte in line.utf8 { mix(UInt64(byte)) }
    if lines.count >= 2 * SimulationLimits.traceLines {
      lines.removeFirst(SimulationLimits.traceLines)
      droppedCount += SimulationLimits.traceLines
    }
    lines.append("\(stepCount): \(line)")
  }

  /// FNV-1a, a number at a time.
  private mutating func mix(_ number: UInt64) {
    fingerprint = (fingerprint ^ number) &* 0x0000_0100_0000_01B3
  }

  /// The lines, one below the other.
  public var description: String { lines.joined(separator: "\n") }
}
