// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks

// A report as JSON and as a table.
extension FanoutReport {
  /// The quantiles that are told, by their names.
  private static let quantiles = [
    ("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999), ("p99.99", 0.9999),
  ]

  /// How long the measured part was, in seconds.
  private var seconds: Double { measured.length / .seconds(1) }

  // MARK: JSON

  /// One JSON object; times are in the units of their names.
  var json: [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.text("url", "http://\(server.authority)\(server.prefix)")
    json.text("dialect", plan.dialect.rawValue)
    json.text("transport", plan.transport.rawValue)
    json.text("publish", plan.publishing.rawValue)
    switch plan.load {
    case .rate(let perSecond): json.number("rate", perSecond)
    case .inFlight(let count): json.number("inFlight", count)
    case .idle: json.text("load", "idle")
    }
    json.number("subscribers", plan.subscriberCount)
    json.number("topics", plan.topicCount)
    json.number("subscriptions", plan.subscriptionsEach)
    if let pipe = plan.pipe { json.text("pipe", pipe) }
    json.number("publishers", plan.connectedPublisherCount)
    json.number("payloadBytes", plan.payloadBytes)
    json.number("slowSubscribers", plan.slowCount)
    json.member("interrupted", measured.isInterrupted)
    json.decimal("connectMilliseconds", measured.connectMilliseconds ?? 0)
    json.decimal("seconds", seconds)
    json.number("events", measuredEvents)
    json.number("deliveries", Int(delivered))
    write(check, to: &json)
    write("latencyMicroseconds", latency, to: &json)
    write("slowLatencyMicroseconds", slowLatency, to: &json)
    write("answerMicroseconds", answerLatency, to: &json)
    writeProcess(to: &json)
    json.endObject()
    return json.bytes
  }

  private func write(_ check: Check, to json: inout JSONWriter) {
    json.name("check")
    json.beginObject()
    json.number("published", check.published)
    json.number("refused", check.refused)
    json.number("expected", check.expected)
    json.number("received", check.received)
    json.number("told", check.told)
    json.number("lost", check.lost)
    json.number("doubled", check.doubled)
    if plan.publisherCount == 1 { json.number("disordered", check.disordered) }
    json.number("foreign", check.foreign)
    json.number("disconnected", check.disconnected)
    json.endObject()
  }

  private func write(_ name: String, _ histogram: LatencyHistogram, to json: inout JSONWriter) {
    guard histogram.count > 0 else { return }
    json.name(name)
    json.beginObject()
    json.number("count", Int(histogram.count))
    json.decimal("min", Double(histogram.minimum) / 1_000)
    json.decimal("mean", histogram.mean / 1_000)
    for (name, share) in Self.quantiles {
      json.decimal(name, Double(histogram.quantile(share)) / 1_000)
    }
    json.decimal("max", Double(histogram.maximum) / 1_000)
    json.endObject()
  }

  private func writeProcess(to json: inout JSONWriter) {
    guard let use else { return }
    json.name("process")
    json.beginObject()
    json.decimal("userSeconds", Double(use.userMicroseconds) / 1e6)
    json.decimal("systemSeconds", Double(use.systemMicroseconds) / 1e6)
    if delivered > 0 {
      json.decimal(
        "microsecondsPerDelivery",
        Double(use.processorMicroseconds) / Double(delivered)
      )
      json.decimal("userMicrosecondsPerDelivery", Double(use.userMicroseconds) / Double(delivered))
    }
    if measuredEvents > 0 {
      json.decimal(
        "microsecondsPerEvent",
        Double(use.processorMicroseconds) / Double(measuredEvents)
      )
    }
    json.number("voluntarySwitches", Int(use.voluntarySwitches))
    json.number("involuntarySwitches", Int(use.involuntarySwitches))
    json.number("residentBytesBefore", Int(measured.idleUse?.residentBytes ?? 0))
    json.number("residentBytesConnected", Int(measured.connectedUse?.residentBytes ?? 0))
    json.number("residentBytesAfter", Int(use.residentBytes))
    json.number("peakResidentBytes", Int(use.peakResidentBytes))
    json.endObject()
  }

  // MARK: Table

  /// The figures for a person.
  var table: String {
    var rows = [
      ("connected", "\(plan.subscriberCount) in \(connectTime) ms"),
      ("measured", "\(measuredEvents) events in \(Self.shown(seconds)) s"),
      ("deliveries", rate),
      ("lost, doubled, out of order", "\(check.lost), \(check.doubled), \(check.disordered)"),
      ("told as missing, refused", "\(check.told), \(check.refused)"),
    ]
    rows += latencyRow("latency", latency)
    rows += latencyRow("latency of slow readers", slowLatency)
    rows += latencyRow("until the answer", answerLatency)
    rows += processRows
    let width = rows.map(\.0.count).max() ?? 0
    return rows.map { name, text in
      "\(name)\(String(repeating: " ", count: width - name.count))  \(text)\n"
    }.joined()
  }

  private var connectTime: String { Self.shown(measured.connectMilliseconds ?? 0) }

  private var rate: String {
    guard seconds > 0 else { return "\(delivered)" }
    return "\(delivered), \(Self.shown(Double(delivered) / seconds)) a second"
  }

  private func latencyRow(_ name: String, _ histogram: LatencyHistogram) -> [(String, String)] {
    guard histogram.count > 0 else { return [] }
    let parts = Self.quantiles.map { name, share in
      "\(name) \(Self.shown(Double(histogram.quantile(share)) / 1_000))"
    }
    let longest = Self.shown(Double(histogram.maximum) / 1_000)
    return [(name, "\(parts.joined(separator: ", ")), max \(longest) µs")]
  }

  private var processRows: [(String, String)] {
    guard let use else { return [] }
    let (user, system) = (Double(use.userMicroseconds), Double(use.systemMicroseconds))
    var rows = [
      ("processor time", "user \(Self.shown(user / 1e6)) s, system \(Self.shown(system / 1e6)) s")
    ]
    if delivered > 0 {
      let (all, own) = ((user + system) / Double(delivered), user / Double(delivered))
      rows.append(("for each delivery", "\(Self.shown(all)) µs, user \(Self.shown(own)) µs"))
    }
    if measuredEvents > 0 {
      let each = (user + system) / Double(measuredEvents)
      rows.append(("for each event", "\(Self.shown(each)) µs"))
    }
    let connected = (measured.connectedUse?.residentBytes ?? 0) >> 10
    let before = (measured.idleUse?.residentBytes ?? 0) >> 10
    rows.append(
      ("memory", "\(before) KiB, connected \(connected), after \(use.residentBytes >> 10)")
    )
    rows.append(
      ("context switches", "\(use.voluntarySwitches) given, \(use.involuntarySwitches) taken")
    )
    return rows
  }

  /// A number with three digits after the point where it is small, and none where it is great.
  private static func shown(_ number: Double) -> String {
    if number >= 1_000 { return String(Int(number.rounded())) }
    return String((number * 1_000).rounded() / 1_000)
  }
}

extension JSONWriter {
  /// Writes a member whose value is a number, to three digits after the point.
  fileprivate mutating func decimal(_ name: String, _ number: Double) {
    self.name(name)
    value((number * 1_000).rounded() / 1_000)
  }
}
