// SPDX-License-Identifier: Apache-2.0
import BenchmarkKit
import Glibc
import Streams
import Synchronization

/// Whether what an operator holds stays within its bound: the memory of the process while it works,
/// after a fifth of the elements and at the end.
///
/// Sensors are twenty times as many as an operator keeps by default, so that the bound is reached.
enum MemoryBenchmark {
  static let keys = 2_000_000
  private static let bound = 4.0

  static let benchmark = Benchmark(
    "memory",
    "memory of the process, while each operator with state goes through millions of elements"
  ) { effort in
    var rows: [Row] = []
    for `operator` in OperatorCase.all where `operator`.isStateful {
      rows.append(try await row(for: `operator`, elements: effort.elements))
    }
    return rows
  }

  private static func row(for operator: OperatorCase, elements: Int) async throws -> Row {
    MemoryProbe.giveBack()
    let probe = MemoryProbe(elements: elements)
    let source = GeneratedReadings(count: elements, keys: keys) { probe.look(after: $0) }
    try await `operator`.make(Feed(source: source)).run()
    let (first, last, highest) = probe.figures
    return Row(
      benchmark: "memory",
      measure: "\(`operator`.name): growth after a fifth of \(elements) elements",
      unit: "MiB",
      value: max(highest, last) - first,
      goal: .atMost(bound)
    )
  }
}

/// The memory of the process at each tenth of a run.
final class MemoryProbe: Sendable {
  private let step: Int
  private let samples = Mutex<[Int: Double]>([:])

  init(elements: Int) {
    step = max(1, elements / 10)
  }

  /// Looks once for each tenth.
  func look(after count: Int) {
    let tenth = count / step
    guard tenth >= 2, count % step < Reading.perMillisecond else { return }
    let resident = Self.residentMiB()
    samples.withLock { samples in
      if samples[tenth] == nil { samples[tenth] = resident }
    }
  }

  /// After a fifth, at the end, and the most between; in MiB.
  var figures: (first: Double, last: Double, highest: Double) {
    samples.withLock { samples in
      let ordered = samples.sorted { $0.key < $1.key }.map(\.value)
      return (ordered.first ?? 0, ordered.last ?? 0, ordered.max() ?? 0)
    }
  }

  /// Gives what is free back to the system, so that a run does not live on what the one before left;
  /// the C library's own call, which its Swift module does not show.
  static func giveBack() {
    guard let symbol = dlsym(nil, "malloc_trim") else { return }
    typealias Trim = @convention(c) (Int) -> Int32
    _ = unsafeBitCast(symbol, to: Trim.self)(0)
  }

  /// What `/proc/self/statm` says is in memory.
  private static func residentMiB() -> Double {
    guard let file = fopen("/proc/self/statm", "r") else { return .nan }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 128)
    guard fgets(&line, Int32(line.count), file) != nil else { return .nan }
    let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    let pages = text.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? .nan
    return pages * Double(sysconf(Int32(_SC_PAGESIZE))) / 1_048_576
  }
}
