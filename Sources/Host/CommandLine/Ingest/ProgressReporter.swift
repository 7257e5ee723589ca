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
  /// After so many refused or lost reports in a row the topic is given up.
  private static let maximumFailures = 3

  private let client: ServerClient
  private let console: any Console
  private var bar = RateLimit(every: .milliseconds(200))
  private var events = RateLimit(every: .milliseconds(500))
  private var failureCount = 0
  private var hasBegun = false

  /// Makes a reporter; nothing is told yet.
  ///
  /// - Parameters:
  ///   - client: The server, over a connection of its own: a slow report must not delay the job.
  ///   - console: The terminal.
  init(client: ServerClient, console: any Console) {
    self.client = client
    self.console = console
  }

  /// Tells how the job stands, if it is time for that.
  func update(_ report: ProgressReport, at now: MonotonicInstant) {
    hasBegun = true
    if console.isErrorTerminal, bar.admits(now) { draw(report, end: "") }
    if failureCount < Self.maximumFailures, events.admits(now) {
      publish(report, patienceMilliseconds: 500)
    }
  }

  /// Tells how the job ended; nothing if it never began.
  func finish(_ report: ProgressReport) {
    guard hasBegun else { return }
    if console.isErrorTerminal { draw(report, end: "\n") }
    publish(report, patienceMilliseconds: 3_000)
  }

  private func draw(_ report: ProgressReport, end: String) {
    // To the line's beginning, and afterwards clear what an earlier line left (ECMA-48 EL).
    console.writeError(Array("\r\(report.line)\u{1B}[K\(end)".utf8))
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
    } catch {
      failureCount += 1
    }
  }
}
