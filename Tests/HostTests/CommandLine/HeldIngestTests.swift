// SPDX-License-Identifier: Apache-2.0
import Foundation
import Streams
import Synchronization
import Testing
import Transport

@testable import Host

/// A real `weir ingest` against a real server, in which a lossless pipeline has no room.
@Suite struct HeldIngestTests {
  private static let total = 6_000

  @Test func `an ingest that a pipeline holds back waits, then loses and repeats nothing`()
    async throws
  {
    let sink = GatedSink()
    try await withServer { configuration in
      configuration.topics = [.init(pattern: "*", retention: Retention(maximumCount: 2_048))]
      configuration.publishTimeout = .milliseconds(100)
    } pipelines: { topics in
      [try topics.topic("held").flow(from: .earliest).pipeline("slow", into: sink)]
    } _: { server in
      defer { sink.open() }
      let file = try TemporaryFile((1...Self.total).map { "\($0)\n" }.joined())
      let ingest = RunningIngest(file.path, topic: "held", port: server.server.port)
      try withExtendedLifetime(file) {
        try Self.wait { ingest.errors.contains("held back by the server") }
        try Self.checkHeld(server)
        #expect(ingest.status == nil)
        sink.open()
        try Self.wait { ingest.status != nil }
      }
      #expect(ingest.status == 0)
      #expect(ingest.output.contains("6,000 lines, 6,000 accepted, 0 refused"))
      #expect(ingest.output.contains(", held back "))
      try Self.wait { sink.taken.count >= Self.total }
      #expect(sink.taken == Array(1...Self.total))
      #expect(server.topics.existing("held")?.statistics.lastOffset == UInt64(Self.total))
    }
  }

  /// Checks what an operator sees meanwhile; between two attempts nothing is held for a moment.
  private static func checkHeld(_ server: TestServer) throws {
    var state = ""
    try wait {
      state = (try? server.answer("GET", "/v1/topics/held").text) ?? ""  // Then it is asked again.
      return state.contains(#""heldBack":1"#)
    }
    try wait {
      let metrics = (try? server.answer("GET", "/metrics").text) ?? ""
      return metrics.contains(#"weir_pipeline_held_back{pipeline="slow"} 1"#)
    }
    let lag = try #require(server.topics.existing("held")).statistics.heldLag
    #expect((1_000...2_048).contains(lag))
    let metrics = try server.answer("GET", "/metrics").text
    #expect(metrics.contains("weir_topic_lag_entries{topic=\"held\"} \(lag)\n"))
    #expect(metrics.contains(#"weir_pipeline_held_back{pipeline="slow"} 1"#))
  }

  private static func wait(until condition: () throws -> Bool) throws { try waitUntil(condition) }
}

/// The command on a thread of its own, with real sockets; only its waits for room take no time.
private final class RunningIngest: Sendable {
  private struct State {
    var output = ""
    var errors = ""
    var status: Int32?
  }

  /// A terminal that another thread looks at.
  private final class Terminal: Console {
    let isErrorTerminal = true
    let errorColumns: Int? = nil
    private let run: RunningIngest

    init(_ run: RunningIngest) { self.run = run }

    func write(_ bytes: [UInt8]) -> Bool {
      run.state.withLock { $0.output += String(decoding: bytes, as: UTF8.self) }
      return true
    }

    func writeError(_ bytes: [UInt8]) {
      run.state.withLock { $0.errors += String(decoding: bytes, as: UTF8.self) }
    }

    func readInput(limit: Int) -> [UInt8] { [] }
  }

  /// Runs each job on a new thread, so that one that blocks takes none from the others.
  private final class ThreadExecutor: TaskExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
      let job = UnownedJob(job)
      Thread.detachNewThread { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
  }

  private let state = Mutex(State())

  var output: String { state.withLock { $0.output } }
  var errors: String { state.withLock { $0.errors } }
  /// The status that it ended with; `nil` while it runs.
  var status: Int32? { state.withLock { $0.status } }

  init(_ path: String, topic: String, port: UInt16) {
    let arguments = [
      "ingest", path, "--format=ndjson", "--topic=\(topic)", "--server=http://127.0.0.1:\(port)",
    ]
    Task(executorPreference: ThreadExecutor()) {
      var context = CommandContext(environment: [:])
      context.console = Terminal(self)
      context.makeClock = { () throws(CommandFailure) in FakeClock() }
      let status = await CommandLineTool.run(arguments, in: context)
      self.state.withLock { $0.status = status }
    }
  }
}
