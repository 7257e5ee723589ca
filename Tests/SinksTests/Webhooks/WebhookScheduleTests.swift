// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import Transport

@testable import Sinks

@Suite struct WebhookScheduleTests {
  private let now: Timestamp = 784_111_777_000

  private func due(
    _ attempts: Int,
    retryAfter: Duration? = nil,
    chance: Double = 0
  ) -> Duration? {
    WebhookSchedule.standard
      .due(after: attempts, at: now, retryAfter: retryAfter, chance: chance)
      .map { .milliseconds($0.milliseconds - now.milliseconds) }
  }

  @Test func `ten attempts are 75 hours, 35 minutes and 5 seconds`() {
    let pauses = (1..<10).compactMap { due($0) }
    #expect(pauses.count == 9 && due(0) == .zero && due(10) == nil && due(.max) == nil)
    var whole = Duration.zero
    for pause in pauses { whole += pause }
    #expect(whole == .seconds(272_105))
    #expect(pauses[0] == .seconds(5) && pauses[8] == .seconds(86_400))
  }

  @Test func `chance makes a pause longer by a tenth at most`() {
    for attempts in 1..<10 {
      guard let least = due(attempts), let most = due(attempts, chance: 0.999_999) else { break }
      #expect(due(attempts, chance: 0.5).map { $0 > least && $0 < most } == true)
      #expect(most <= least * 11 / 10 && most > least)
    }
  }

  @Test func `a receiver may ask for more time and not for less`() {
    #expect(due(1, retryAfter: .seconds(60)) == .seconds(60))
    #expect(due(2, retryAfter: .seconds(60)) == .seconds(300))
    #expect(due(10, retryAfter: .seconds(60)) == nil)
  }

  private func verdict(_ status: Int, retryAfter: String? = nil) -> WebhookVerdict? {
    WebhookVerdict(.success(WebhookAnswer(status: status, retryAfter: retryAfter)), at: now)
  }

  @Test(arguments: [
    (200, WebhookOutcome.delivered), (204, .delivered), (299, .delivered), (300, .redirect),
    (302, .redirect), (308, .redirect), (400, .clientError), (404, .clientError), (410, .gone),
    (429, .clientError), (500, .serverError), (503, .serverError), (600, .response),
    (101, .response),
  ])
  func `only 2xx is a delivery`(status: Int, outcome: WebhookOutcome) {
    #expect(verdict(status)?.outcome == outcome)
    #expect(verdict(status)?.detail == "status \(status)")
  }

  @Test(
    arguments: [
      ("120", 120), ("0", 0), ("86400", 86_400), ("86401", 86_400), ("999999999999", 86_400),
      ("99999999999999999999999999", 86_400), ("Sun, 06 Nov 1994 08:50:37 GMT", 60),
      ("Sun, 06 Nov 1994 08:40:37 GMT", 0), ("Sun, 06 Nov 2094 08:49:37 GMT", 86_400),
    ] as [(String, Int?)]
  )
  func `the time that a receiver asks for is a day at most`(text: String, seconds: Int?) {
    #expect(verdict(503, retryAfter: text)?.retryAfter == seconds.map { .seconds($0) })
  }

  @Test(arguments: ["", "-5", "+5", "1.5", "soon", "5 s", "٥", "Sun, 06 Nov 1994"])
  func `what is no time is not heeded`(text: String) {
    #expect(verdict(429, retryAfter: text)?.retryAfter == nil)
  }

  @Test(arguments: [
    (HTTPClient.Failure.unknownHost, WebhookOutcome.lookup), (.connect(nil), .connection),
    (.connectionLost, .connection), (.tls(.wrongName, detail: ""), .tls),
    (.timeout(.connecting), .timeout), (.timeout(.firstByte), .timeout),
    (.malformedResponse, .response), (.responseTooLarge(.body, limitBytes: 1), .response),
    (.invalidRequest(.bodyTooLarge(limitBytes: 1)), .request), (.queueFull, .machine),
    (.other(code: 1), .machine),
  ])
  func `each failure is counted as what it is`(
    failure: HTTPClient.Failure,
    outcome: WebhookOutcome
  ) {
    #expect(WebhookVerdict(.failure(failure), at: now)?.outcome == outcome)
  }

  @Test func `an attempt that was given up is none`() {
    #expect(WebhookVerdict(.failure(.cancelled), at: now) == nil)
    #expect(WebhookVerdict(.failure(.closed), at: now) == nil)
  }
}
