// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Storage
import Streams
import Synchronization
import Transport

/// What the server counts, as Prometheus text (exposition format 0.0.4).
struct MetricsRoute {
  let services: ServerServices

  var response: HTTPResponse {
    var text = MetricsText()
    writeServer(&text)
    writeTopics(&text)
    writeTables(&text)
    writePipelines(&text)
    Self.write(services.clients.derived.statistics, to: &text)
    if let log = services.engine.stored?.log { StoreMetrics(log: log).write(&text) }
    if let board = services.webhooks?.board { Self.write(board, to: &text) }
    return HTTPResponse(
      200,
      fields: [
        "Content-Type": "text/plain; version=0.0.4; charset=utf-8", "Cache-Control": "no-store",
      ],
      body: Array(text.text.utf8)
    )
  }

  private func writeServer(_ text: inout MetricsText) {
    let statistics = services.statistics
    text.family("weir_connections", "gauge", "Connections that are open.")
    text.sample("weir_connections", services.admission.count)
    text.family("weir_sessions", "gauge", "Subscribers that are connected.")
    let webSockets = statistics.webSockets.load(ordering: .relaxed)
    text.sample("weir_sessions", webSockets, ["kind": "websocket"])
    let streams = statistics.eventStreams.load(ordering: .relaxed)
    text.sample("weir_sessions", streams, ["kind": "sse"])
    text.family("weir_connections_accepted_total", "counter", "Connections accepted.")
    text.sample("weir_connections_accepted_total", statistics.accepted.load(ordering: .relaxed))
    text.family("weir_refused_total", "counter", "Peers turned away or let go, by the reason.")
    for (reason, count) in statistics.refusals {
      text.sample("weir_refused_total", count, ["reason": reason.rawValue])
    }
    text.family("weir_held_bytes", "gauge", "Bytes held for peers, beyond what topics keep.")
    text.sample("weir_held_bytes", services.budget.held)
    writeTLS(&text)
    text.family("weir_http_responses_total", "counter", "Answers by class of status.")
    for (statusClass, count) in statistics.answers {
      text.sample("weir_http_responses_total", count, ["class": "\(statusClass)xx"])
    }
    text.family("weir_encoded_total", "counter", "Entries encoded for all subscribers at once.")
    text.sample("weir_encoded_total", services.frames.encodedCount)
    text.family("weir_compressed_total", "counter", "Entries compressed for many subscribers.")
    let compressed = services.frames.compressedCount
    text.sample("weir_compressed_total", compressed.webSocket, ["kind": "websocket"])
    text.sample("weir_compressed_total", compressed.eventStream, ["kind": "sse"])
  }

  private func writeTLS(_ text: inout MetricsText) {
    guard let counts = services.tls?.statistics.counts else { return }
    text.family("weir_tls_handshakes_total", "counter", "TLS handshakes that succeeded.")
    text.sample("weir_tls_handshakes_total", counts.succeeded - counts.resumed, ["kind": "full"])
    text.sample("weir_tls_handshakes_total", counts.resumed, ["kind": "resumed"])
    text.family("weir_tls_failures_total", "counter", "TLS handshakes that failed, by reason.")
    for reason in TLSFailure.Reason.allCases {
      let count = counts.failed[reason, default: 0]
      text.sample("weir_tls_failures_total", count, ["reason": reason.rawValue])
    }
  }

  private func writeTopics(_ text: inout MetricsText) {
    let topics = services.engine.topics.all.prefix(MetricsLimits.topics)
      .map { (labels: ["topic": $0.name], statistics: $0.statistics) }
    text.family(
      "weir_topic_published_total",
      "counter",
      "Entries appended.",
      of: topics,
      \.published
    )
    text.family("weir_topic_entries", "gauge", "Entries kept.", of: topics, \.count)
    text.family("weir_topic_bytes", "gauge", "Bytes kept.", of: topics, \.bytes)
    text.family(
      "weir_topic_held_publishes",
      "gauge",
      "Publishes that wait for a consumer.",
      of: topics,
      \.waitingPublishes
    )
    text.family(
      "weir_topic_held_publishes_total",
      "counter",
      "Publishes that had to wait.",
      of: topics,
      \.heldPublishes
    )
    text.family(
      "weir_topic_lag_entries",
      "gauge",
      "Lag of the slowest lossless consumer.",
      of: topics,
      \.heldLag
    )
  }

  private func writePipelines(_ text: inout MetricsText) {
    let pipelines = services.engine.pipelines
      .map { (labels: ["pipeline": $0.name], statistics: $0.statistics) }
    text.family(
      "weir_pipeline_in_total",
      "counter",
      "Entries read.",
      of: pipelines,
      \.source.received
    )
    text.family("weir_pipeline_out_total", "counter", "Entries written.", of: pipelines, \.written)
    text.family(
      "weir_pipeline_behind_total",
      "counter",
      "Entries behind the watermark.",
      of: pipelines,
      \.source.behind
    )
    text.family(
      "weir_pipeline_held_back",
      "gauge",
      "Whether its sink holds it back.",
      of: pipelines
    ) {
      $0.isHeldBack ? 1 : 0
    }
    text.family("weir_pipeline_stage_total", "counter", "What each stage counted.")
    for (labels, statistics) in pipelines {
      for stage in statistics.stages {
        for counter in stage.counters {
          let more = ["stage": stage.name, "counter": counter.name]
          text.sample("weir_pipeline_stage_total", counter.value, labels.merging(more) { $1 })
        }
      }
    }
  }
}

/// Bounds of what is shown.
enum MetricsLimits {
  /// Topics shown one by one.
  static let topics = 1_000
}

/// Prometheus text under construction.
struct MetricsText {
  private(set) var text = ""

  mutating func family(_ name: String, _ type: String, _ help: String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
  }

  /// A family with a sample for each of some things.
  mutating func family<Statistics, Value: BinaryInteger>(
    _ name: String,
    _ type: String,
    _ help: String,
    of things: [(labels: [String: String], statistics: Statistics)],
    _ value: (Statistics) -> Value
  ) {
    family(name, type, help)
    for (labels, statistics) in things { sample(name, value(statistics), labels) }
  }

  mutating func sample(
    _ name: String,
    _ value: some BinaryInteger,
    _ labels: [String: String] = [:]
  ) {
    let pairs = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(Self.escape($0.value))\"" }
    text += pairs.isEmpty ? name : "\(name){\(pairs.joined(separator: ","))}"
    text += " \(value)\n"
  }

  private static func escape(_ value: String) -> String {
    // By scalars: CR and LF together are one character.
    value.unicodeScalars.reduce(into: "") { text, scalar in
      switch scalar {
      case "\\": text += "\\\\"
      case "\"": text += "\\\""
      case "\n": text += "\\n"
      default: text.unicodeScalars.append(scalar)
      }
    }
  }
}
