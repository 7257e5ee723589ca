// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Transport

/// What became of an attempt, as it is counted.
public enum WebhookOutcome: String, CaseIterable, Hashable, Sendable {
  /// The receiver took it (2xx).
  case delivered
  /// The receiver wants nothing more (410).
  case gone
  /// The receiver points elsewhere (3xx), which is not followed.
  case redirect
  /// The receiver refused it (another 4xx).
  case clientError = "client_error"
  /// The receiver failed (5xx).
  case serverError = "server_error"
  /// The receiver's name has no address.
  case lookup
  /// The receiver's address is not allowed.
  case address
  /// No connection, or it broke.
  case connection
  /// TLS failed.
  case tls
  /// A deadline passed.
  case timeout
  /// The answer is no HTTP, or too large.
  case response
  /// The event can't be sent as it is: it is too large.
  case request
  /// This machine had nothing left to send with.
  case machine
}

/// What became of an attempt and what follows.
struct WebhookVerdict: Hashable {
  /// The longest time that a receiver may ask for.
  static let longestRetryAfter = Duration.seconds(86_400)

  let outcome: WebhookOutcome
  /// What happened, for a person.
  let detail: String
  /// Both, for a person.
  var reason: String { "\(outcome.rawValue): \(detail)" }
  /// How long the receiver wants to be left alone, at most a day.
  var retryAfter: Duration?

  /// Judges what came of an attempt; `nil` when it was given up before its end.
  init?(_ result: Result<WebhookAnswer, HTTPClient.Failure>, at now: Timestamp) {
    switch result {
    case .success(let answer): self.init(answer, at: now)
    case .failure(.cancelled), .failure(.closed): return nil
    case .failure(let failure):
      self.init(outcome: Self.outcome(of: failure), detail: failure.description)
    }
  }

  private init(outcome: WebhookOutcome, detail: String) {
    (self.outcome, self.detail) = (outcome, detail)
  }

  private init(_ answer: WebhookAnswer, at now: Timestamp) {
    let outcome: WebhookOutcome =
      switch answer.status {
      case 200..<300: .delivered
      case 410: .gone
      case 300..<400: .redirect
      case 400..<500: .clientError
      case 500..<600: .serverError
      default: .response
      }
    self.init(outcome: outcome, detail: "status \(answer.status)")
    guard outcome != .delivered, let text = answer.retryAfter else { return }
    retryAfter = Self.duration(text, at: now)
  }

  /// Reads `Retry-After`: seconds or a date (RFC 9110 §10.2.3); `nil` if it is neither.
  private static func duration(_ text: String, at now: Timestamp) -> Duration? {
    let isNumber = !text.isEmpty && text.utf8.allSatisfy { 0x30...0x39 ~= $0 }
    if isNumber {
      // More digits than a number has are more than a day, too.
      return min(.seconds(Int64(text) ?? .max / 1_000), longestRetryAfter)
    }
    guard let date = HTTPDate.parse(text, now: now.milliseconds) else { return nil }
    return min(max(.milliseconds(date - now.milliseconds), .zero), longestRetryAfter)
  }

  private static func outcome(of failure: HTTPClient.Failure) -> WebhookOutcome {
    switch failure {
    case .invalidRequest: .request
    case .unknownHost: .lookup
    case .refusedAddress: .address
    case .connect, .connectionLost: .connection
    case .tls: .tls
    case .timeout: .timeout
    case .malformedResponse, .responseTooLarge: .response
    case .tooManyRedirects, .forbiddenRedirect: .redirect
    case .queueFull, .cancelled, .closed, .unsupportedLibrary, .exhausted, .other: .machine
    }
  }
}
