// SPDX-License-Identifier: Apache-2.0
import Transport

/// Lets something happen at most once in an interval.
struct RateLimit {
  private let interval: Duration
  private var next: MonotonicInstant?

  /// Makes a limit whose first moment is free.
  init(every interval: Duration) { self.interval = interval }

  /// Answers whether it may happen now, and counts it if so.
  mutating func admits(_ now: MonotonicInstant) -> Bool {
    if let next, now < next { return false }
    next = now.advanced(by: interval)
    return true
  }
}

/// Tells the terminal and the topic `progress` how a job stands; never fails it.
final class ProgressReporter {
  /// After so many refused or lost reports in a row the topic is given up, unless the server is
  /// only away.
  private static let maximumFailures = 3
  /// How wide a terminal is that does not tell.
  private static let usualColumns = 80

  private let client: ServerClient
  private let console: any Console
  private let tellsReturn: Bool
  private var bar = RateLimit(every: .milliseconds(200))
  private var events = RateLimit(every: .milliseconds(500))
  private var returns = RateLimit(every: .seconds(2))
  private var failureCount = 0
  private var isAway = false
  private var hasBegun = false

  /// Makes a reporter; nothing is told yet.
  ///
  /// - Parameters:
  ///   - client: The server, over a connection of its own: a slow report must not delay the job.
  ///   - console: The terminal.
  ///   - tellsReturn: Whether to say when the server goes away and comes back, for a job that does
  ///     not end by itself.
  init(client: ServerClient, console: any Console, tellsReturn: Bool = false) {
    self.client = client
    self.tellsReturn = tellsReturn
    self.console = console
  }

  /// Tells how the job stands, if it is time for that.
  func update(_ report: ProgressReport, at now: MonotonicInstant) {
    hasBegun = true
    if console.isErrorTerminal, bar.admits(now) { draw(report, end: "") }
    if isAway ? returns.admits(now) : failureCount < Self.maximumFailures && events.admits(now) {
      publish(report, patienceMilliseconds: 500)
    }
  }

  /// Tells how the job ended; nothing if it never began.
  ///
  /// - Parameters:
  ///   - report: How it ended.
  ///   - keepsLine: Whether the line on the terminal stays.
  func finish(_ report: ProgressReport, keepsLine: Bool = true) {
    guard hasBegun else { return }
    if !keepsLine {
      clearLine()
    } else if console.isErrorTerminal {
      draw(report, end: "\n")
    }
    publish(report, patienceMilliseconds: 3_000)
  }

  private func draw(_ report: ProgressReport, end: String) {
    // Some terminals wrap a line that fills them, and clearing would erase its last column.
    let columns = (console.errorColumns ?? Self.usualColumns) - 1
    // To the line's beginning, and afterwards clear what an earlier line left (ECMA-48 EL).
    console.writeError(Array("\r\(report.line(columns: columns))\u{1B}[K\(end)".utf8))
  }

  private func clearLine() {
    if console.isErrorTerminal { console.writeError(Array("\r\u{1B}[K".utf8)) }
  }

  private func tell(_ message: String) {
    clearLine()
    console.printError("weir: \(message)")
  }

  private func publish(_ report: ProgressReport, patienceMilliseconds: Int) {
    let request = ServerRequest.post(
      ServerTarget.events(of: ProgressReport.topic),
      "application/cloudevents+json",
      report.draft.encoded
    )
    do {
      let response = try client.send(request, patienceMilliseconds: patienceMilliseconds)
      failureCount = response.isSuccess ? 0 : failureCount + 1
      if isAway { tell("connected again") }
      isAway = false
    } catch {
      failed(error)
    }
  }

  private func failed(_ error: ServerClientError) {
    guard tellsReturn, case .unreachable = error else {
      failureCount += 1
      return
    }
    if !isAway { tell("\(error.what): trying again every 2 s") }
    isAway = true
  }
}
