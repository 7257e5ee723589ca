// SPDX-License-Identifier: Apache-2.0
import Glibc
import Streams

/// The command line of the benchmark: what the scripts beside it call.
public enum NexmarkProgram {
  /// How it is called.
  public static let usage = """
    usage: nexmark-export DIRECTORY [SETTINGS] [--combined] [--headless]
                                          writes the events as CSV
           nexmark-rows QUERY [SETTINGS]  writes a query's rows to standard output
           nexmark-run QUERY [SETTINGS]   measures a query, writes one JSON object
           nexmark-list                   names the queries, then other forms of some of them
    settings: --events N --seed N --start MS --spacing MICROSECONDS --shuffle N
    """

  /// Tells whether the arguments are a call of this program: its commands start with `nexmark-`.
  public static func takes(_ arguments: [String]) -> Bool {
    arguments.first?.hasPrefix("nexmark-") ?? false
  }

  /// Does what the arguments ask for.
  ///
  /// - Parameter arguments: Without the name of the executable.
  /// - Returns: The exit status: 1 when it failed, 2 when the arguments are wrong.
  public static func run(_ arguments: [String]) async -> Int32 {
    guard let call = Call(arguments) else {
      say(usage)
      return 2
    }
    do {
      try await call.run()
      return 0
    } catch {
      say("error: \(error)")
      return 1
    }
  }

  /// Writes all bytes; answers whether they could be written.
  static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    bytes.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let part = UnsafeRawBufferPointer(rebasing: rest)
        let written = Glibc.write(descriptor, part.baseAddress, part.count)
        guard written > 0 else { return false }
        rest = rest.dropFirst(written)
      }
      return true
    }
  }

  static func say(_ line: String) {
    _ = write(Array("\(line)\n".utf8), to: STDERR_FILENO)
  }
}

/// One call of the program.
private struct Call {
  let command: String
  var subject = ""
  var settings = NexmarkSettings(count: 200_000)
  var isCombined = false
  var isHeadless = false

  init?(_ arguments: [String]) {
    guard let command = arguments.first else { return nil }
    self.command = command
    var rest = arguments.dropFirst()
    if command != "nexmark-list" {
      guard let subject = rest.popFirst(), !subject.hasPrefix("-") else { return nil }
      self.subject = subject
    }
    while let option = rest.popFirst() {
      guard take(option, &rest) else { return nil }
    }
  }

  private mutating func take(_ option: String, _ rest: inout ArraySlice<String>) -> Bool {
    switch option {
    case "--combined": isCombined = true
    case "--headless": isHeadless = true
    default: return takeNumber(option, &rest)
    }
    return true
  }

  private mutating func takeNumber(_ option: String, _ rest: inout ArraySlice<String>) -> Bool {
    guard let number = rest.popFirst().flatMap({ Int64($0) }), number >= 0 else { return false }
    switch option {
    case "--events": settings.count = Int(number)
    case "--seed": settings.seed = UInt64(number)
    case "--start": settings.start = number
    case "--spacing": settings.spacing = max(1, number)
    case "--shuffle": settings.shuffle = max(1, Int(number))
    default: return false
    }
    return true
  }

  func run() async throws {
    switch command {
    case "nexmark-list":
      for query in NexmarkQuery.all + NexmarkQuery.variants { print(query.name) }
    case "nexmark-export":
      try NexmarkExport.write(settings, to: subject, combined: isCombined, headless: isHeadless)
    case "nexmark-rows":
      let rows = try await query().rows(over: settings)
      guard NexmarkProgram.write(rows, to: STDOUT_FILENO) else {
        throw NexmarkFailure("standard output can't be written")
      }
    case "nexmark-run":
      print(json(try await query().measured(over: settings)))
    default:
      throw NexmarkFailure("there is no command \(command)")
    }
  }

  private func query() throws(NexmarkFailure) -> NexmarkQuery {
    guard let query = NexmarkQuery.named(subject) else {
      throw NexmarkFailure("there is no query \(subject)")
    }
    return query
  }

  private func json(_ outcome: NexmarkQuery.Outcome) -> String {
    let events = Double(max(1, settings.count))
    let late = outcome.statistics.total("late")
    return """
      {"query":"\(subject)","events":\(settings.count),"rows":\(outcome.rows),"late":\(late),\
      "nanoseconds":\(outcome.nanoseconds),\
      "nanosecondsPerEvent":\(Double(outcome.nanoseconds) / events),\
      "publishNanosecondsPerEvent":\(Double(outcome.publishNanoseconds) / events)}
      """
  }
}
