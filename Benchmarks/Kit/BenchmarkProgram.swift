// SPDX-License-Identifier: Apache-2.0
import Glibc

/// One benchmark: a name to ask for it by, and what it does.
public struct Benchmark: Sendable {
  /// The name, as it is given on the command line.
  public let name: String
  /// One line about it.
  public let summary: String
  let run: @Sendable (Effort) async throws -> [Row]

  /// Makes a benchmark.
  public init(
    _ name: String,
    _ summary: String,
    _ run: @escaping @Sendable (Effort) async throws -> [Row]
  ) {
    self.name = name
    self.summary = summary
    self.run = run
  }
}

/// How much work a run may be.
public struct Effort: Sendable {
  /// Rounds that count.
  public let rounds: Int
  /// What the counts of the variants are divided by.
  public let divisor: Int
  /// How many elements a long run goes through.
  public var elements: Int

  /// For figures that are written down.
  public static let full = Effort(rounds: 11, divisor: 1, elements: 5_000_000)
  /// For seeing whether everything still runs; the figures are noisy.
  public static let quick = Effort(rounds: 3, divisor: 8, elements: 1_000_000)
}

/// The command line of an executable of benchmarks.
public enum BenchmarkProgram {
  private struct Options {
    var names: [String] = []
    var file: String?
    var effort = Effort.full
    var elements: Int?
    var asksForHelp = false
  }

  /// Runs the benchmarks that the command line asks for, tells people on standard error and writes
  /// the rows into the file it names.
  ///
  /// - Parameters:
  ///   - name: The executable's name.
  ///   - benchmarks: All it has, in the order in which they run.
  /// - Returns: The exit status: 1 when one failed, 2 when the command line is wrong.
  public static func run(_ name: String, _ benchmarks: [Benchmark]) async -> Int32 {
    guard let options = options(CommandLine.arguments.dropFirst()), !options.asksForHelp else {
      say("usage: \(name) [NAME…] [--rows FILE] [--quick] [--elements N]")
      for benchmark in benchmarks { say("  \(benchmark.name): \(benchmark.summary)") }
      return CommandLine.arguments.contains("--help") ? 0 : 2
    }
    var rows: [Row] = []
    var status: Int32 = 0
    for benchmark in benchmarks
    where options.names.isEmpty || options.names.contains(benchmark.name) {
      say("\(benchmark.name): \(benchmark.summary)")
      do {
        let measured = try await benchmark.run(options.effort)
        for row in measured { say(row.text) }
        rows += measured
      } catch {
        say("error: \(benchmark.name): \(error)")
        status = 1
      }
    }
    if let file = options.file, !write(rows, to: file) {
      say("error: \(file) can't be written")
      status = 1
    }
    return status
  }

  /// Names that this executable does not have are passed over: a caller asks two for the same.
  private static func options(_ arguments: ArraySlice<String>) -> Options? {
    var options = Options()
    var rest = arguments
    while let argument = rest.popFirst() {
      switch argument {
      case "--help": options.asksForHelp = true
      case "--quick": options.effort = .quick
      case "--elements":
        guard let elements = rest.popFirst().flatMap({ Int($0) }), elements > 0 else { return nil }
        options.elements = elements
      case "--rows":
        guard let file = rest.popFirst() else { return nil }
        options.file = file
      default:
        if argument.hasPrefix("-") { return nil }
        options.names.append(argument)
      }
    }
    if let elements = options.elements { options.effort.elements = elements }
    return options
  }

  private static func write(_ rows: [Row], to path: String) -> Bool {
    guard let file = fopen(path, "w") else { return false }
    let written = fputs(rows.map { $0.json + "\n" }.joined(), file)
    return fclose(file) == 0 && written >= 0
  }

  /// Tells people something.
  public static func say(_ line: String) {
    let bytes = Array("\(line)\n".utf8)
    _ = bytes.withUnsafeBytes { unsafe Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
