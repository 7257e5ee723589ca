// SPDX-License-Identifier: Apache-2.0
import Codecs
import Foundation
import Testing

@testable import Host

/// A file for one test, in a directory of its own.
final class TemporaryFile {
  let directory: String
  let path: String

  init(_ text: String, name: String = "input.txt") throws {
    directory = NSTemporaryDirectory() + "weir-" + UUID().uuidString
    path = directory + "/" + name
    try FileManager.default.createDirectory(
      atPath: directory,
      withIntermediateDirectories: true
    )
    try write(text)
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  func write(_ text: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
  }

  func append(_ text: String) throws {
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(text.utf8))
    try handle.close()
  }
}

@Suite struct IngestCommandTests {
  let server = FakeServer { _ in
    .json(200, #"{"topic":"t","epoch":"e","firstOffset":1,"lastOffset":1,"accepted":1}"#)
  }

  /// The data of the events of each request, in order.
  private var chunks: [[String]] {
    server.requests.filter { $0.head.path.hasSuffix("/events") }.map { request in
      let json = try? JSONView.parse(request.body)
      return (json?.elements ?? []).map { event in
        String(decoding: event["data"]?.bytes ?? [], as: UTF8.self)
      }
    }
  }

  private func ingest(
    _ file: TemporaryFile,
    _ options: String...,
    console: FakeConsole = FakeConsole()
  ) async -> ToolRun {
    await ToolRun.run(["ingest", file.path, "--topic", "t"] + options, server, console: console)
  }

  @Test func `lines go in one batch and the end is marked`() async throws {
    let file = try TemporaryFile("1\n2\nx\n3")
    let run = await ingest(file, "--format", "ndjson", "--json")
    #expect(run.status == 0)
    #expect(chunks == [["1", "2", "3"]])
    #expect(server.lines == ["POST /v1/topics/t/events", "POST /v1/topics/t/end"])
    #expect(server.requests[0].head.fields["Content-Type"] == "application/cloudevents-batch+json")
    #expect(
      run.output == """
        {"topic":"t","lines":4,"accepted":3,"refused":1,\
        "refusals":[{"line":3,"reason":"expected a value at column 1"}],\
        "seconds":0.001,"eventsPerSecond":3000}

        """
    )
  }

  @Test func `a summary for people names the first refusals`() async throws {
    let file = try TemporaryFile("1\n" + String(repeating: "x\n", count: 12))
    let run = await ingest(file, "--format=ndjson")
    #expect(run.output.hasPrefix("input.txt to t: 13 lines, 1 accepted, 12 refused in 0.0 s"))
    #expect(run.output.contains("\n  line 2: expected a value at column 1\n"))
    #expect(run.output.hasSuffix("  line 11: expected a value at column 1\n  and 2 more\n"))
  }

  @Test func `many lines go in chunks of a thousand over one connection`() async throws {
    let file = try TemporaryFile((1...2_500).map { "\($0)\n" }.joined())
    let run = await ingest(file, "--format", "ndjson")
    #expect(run.status == 0)
    #expect(chunks.map(\.count) == [1_000, 1_000, 500])
    #expect(chunks.flatMap { $0 } == (1...2_500).map(String.init))
    #expect(server.connectionCount == 2, "one for events, one for progress")
  }

  @Test func `a chunk that is held back is sent again until it is stored`() async throws {
    let file = try TemporaryFile("1\n2\n")
    var refusals = 3
    let accept = server.answer
    server.answer = { request in
      guard refusals > 0, request.head.path.hasSuffix("/events") else { return accept(request) }
      refusals -= 1
      return .json(503, #"{"detail":"held back"}"#, fields: ["Retry-After": "2"])
    }
    let console = FakeConsole()
    console.isErrorTerminal = true
    let run = await ingest(file, "--format", "ndjson", console: console)
    #expect(run.status == 0)
    #expect(chunks == Array(repeating: ["1", "2"], count: 4))
    #expect(server.clock.seconds == 6)
    #expect(run.output.contains("held back 3 times"))
    #expect(run.errors.contains("held back by the server"))
  }

  @Test(arguments: ["9223372036854775807", "99999999999999999999", "-5", "11"])
  func `a wait that a server asks for has bounds`(_ seconds: String) async throws {
    let file = try TemporaryFile("1\n")
    var hasRefused = false
    let accept = server.answer
    server.answer = { request in
      if hasRefused { return accept(request) }
      hasRefused = true
      return .json(503, "{}", fields: ["Retry-After": seconds])
    }
    let run = await ingest(file, "--format", "ndjson")
    #expect(run.status == 0)
    #expect((0.1...10).contains(server.clock.seconds))
  }

  @Test func `a time beyond the calendar is no reason to wait`() async throws {
    let file = try TemporaryFile(
      [1_500_000_000, 9_000_000_000_000_000, 1_500_000_060].map { "{\"t\":\($0)}\n" }.joined()
    )
    server.clock.interrupt(atSeconds: 60)
    let run = await ingest(file, "--format=ndjson", "--time=t", "--speed=60x")
    #expect(run.status == 0)
    #expect(chunks.map(\.count) == [1, 1])
    #expect(server.clock.seconds == 1)
    #expect(
      run.output.contains(
        "line 2: 't' is outside the years 0000 to 9999, read as seconds or milliseconds since 1970"
      )
    )
  }

  @Test func `a lost answer stops it and says what is known`() async throws {
    let file = try TemporaryFile((1...2_500).map { "\($0)\n" }.joined())
    let accept = server.answer
    var count = 0
    server.answer = { request in
      count += 1
      return count == 2 ? .close : accept(request)
    }
    let run = await ingest(file, "--format", "ndjson")
    #expect(run.status == 1)
    #expect(
      run.errors
        == "weir: the connection was lost before the server answered (closed by the server): "
        + "all is stored up to line 1000, lines 1001 to 2000 may or may not be\n"
    )
    #expect(server.reports.last?["data"]?["state"]?.string == "failed")
    #expect(server.reports.last?["terminal"]?.string == "true")
  }

  @Test func `a refused chunk stops it and says what is known`() async throws {
    let file = try TemporaryFile("1\n")
    server.answer = { _ in .json(413, #"{"detail":"too large","remedy":"send less"}"#) }
    let run = await ingest(file, "--format", "ndjson")
    #expect(run.status == 1)
    #expect(
      run.errors
        == "weir: too large: send less; nothing is stored before it, nothing after it\n"
    )
  }

  @Test func `progress is told at the start and at the end`() async throws {
    let file = try TemporaryFile("1\nx\n2\n")
    _ = await ingest(file, "--format", "ndjson")
    #expect(server.reports.count == 2)
    let (first, last) = (server.reports[0], server.reports[1])
    #expect(first["data"]?["state"]?.string == "running")
    #expect(first["terminal"] == nil)
    #expect(first["subject"]?.string == last["subject"]?.string)
    #expect(last["type"]?.string == "progress")
    #expect(last["terminal"]?.string == "true")
    let data = try #require(last["data"])
    #expect(data["state"]?.string == "done")
    #expect(data["label"]?.string == "input.txt")
    #expect(data["percent"]?.int == 100)
    #expect(data["done"]?.int == 6)
    #expect(data["total"]?.int == 6)
    #expect(data["lines"]?.int == 3)
    #expect(data["accepted"]?.int == 2)
    #expect(data["refused"]?.int == 1)
  }

  @Test func `a recording is played at a multiple of its speed`() async throws {
    let lines = [0, 60, 60, 30, 120, 120.5].map { "{\"t\":\(1_500_000_000 + $0)}\n" }
    let file = try TemporaryFile(lines.joined())
    var sent: [Double] = []
    let accept = server.answer
    server.answer = { [server] request in
      sent.append(server.clock.seconds)
      return accept(request)
    }
    let run = await ingest(file, "--format=ndjson", "--time=t", "--speed=60x")
    #expect(run.status == 0)
    #expect(chunks.map(\.count) == [1, 3, 1, 1])
    // What is due within 20 ms after a request waits for the rest of them.
    #expect(sent == [0, 1, 2, 2.02, 2.02])
  }

  @Test func `ctrl-C ends a paced run after the current chunk`() async throws {
    let lines = [0, 60, 120].map { "{\"t\":\(1_500_000_000 + $0)}\n" }
    let file = try TemporaryFile(lines.joined())
    server.clock.interrupt(atSeconds: 1.5)
    let run = await ingest(file, "--format=ndjson", "--time=t", "--speed=60x")
    #expect(run.status == 1)
    #expect(chunks.map(\.count) == [1, 1])
    #expect(run.errors.isEmpty)
    #expect(
      run.output
        == "interrupted: input.txt to t: 2 lines, 2 accepted, 0 refused in 1.5 s (1 events/s); "
        + "all is stored up to line 2, the end is not marked\n"
    )
    #expect(!server.lines.contains("POST /v1/topics/t/end"))
    #expect(server.reports.last?["data"]?["state"]?.string == "done")
  }

  @Test func `a followed file goes on with what is appended, until ctrl-C`() async throws {
    let file = try TemporaryFile("1\n2")
    let accept = server.answer
    server.answer = { [server] request in
      switch server.requests.count {
      case 1: try? file.append("2\n3\n")
      default: server.clock.interrupt()
      }
      return accept(request)
    }
    let run = await ingest(file, "--format=ndjson", "--follow", "--json")
    #expect(run.status == 0)
    #expect(chunks == [["1"], ["22", "3"]])
    #expect(server.lines.allSatisfy { $0.hasSuffix("/events") })
    let last = try #require(server.reports.last?["data"])
    #expect(last["state"]?.string == "done")
    #expect(last["percent"]?.isNull == true)
    #expect(last["total"]?.isNull == true)
  }

  @Test(arguments: ["", "\n\n"])
  func `a file without a record is no failure, and ends the input`(_ text: String) async throws {
    let file = try TemporaryFile(text)
    let run = await ingest(file, "--format=ndjson", "--json")
    #expect(run.status == 0)
    #expect(server.lines.contains { $0.hasSuffix("/end") })
  }

  @Test(arguments: [
    ("a\nb\n", "no line of input.txt is ndjson: check --format (line 1: expected a value"),
    ("{}\n1\n", "no line of input.txt had a time in field 'at': check --time (line 1: there is no"),
  ])
  func `a file without one usable line is a failure`(_ text: String, _ what: String) async throws {
    let file = try TemporaryFile(text)
    let run = await ingest(file, "--format=ndjson", "--time=at")
    #expect(run.status == 1)
    #expect(run.errors.replacing(file.directory + "/", with: "").hasPrefix("weir: \(what)"))
    #expect(server.requests.isEmpty)
  }

  @Test(arguments: [
    (["--format", "xml", "--topic", "t"], "there is no format 'xml'"),
    (["--format", "csv"], "--topic is missing"),
    (
      ["--format", "combined", "--topic", "t", "--speed", "quick"], "--speed does not take 'quick'"
    ),
    (["--format", "combined", "--topic", "a b"], "'a b' cannot be a topic"),
  ])
  func `wrong arguments are told before the file is opened`(
    _ options: [String],
    _ what: String
  ) async {
    let run = await ToolRun.run(["ingest", "/nonexistent"] + options, server)
    #expect(run.status == 2)
    #expect(run.errors.hasPrefix("weir: \(what)"))
    #expect(server.connectionCount == 0)
  }

  @Test func `a file that is not there or a directory is a failure`() async throws {
    let options = ["--format", "csv", "--topic", "t"]
    let missing = await ToolRun.run(["ingest", "/nonexistent"] + options, server)
    #expect(missing.status == 1)
    #expect(missing.errors == "weir: /nonexistent cannot be read: No such file or directory\n")
    let directory = await ToolRun.run(["ingest", "/proc"] + options, server)
    #expect(directory.status == 1)
    #expect(directory.errors == "weir: /proc is a directory: name a file in it\n")
    let followed = await ToolRun.run(["ingest", "-", "--follow"] + options, server)
    #expect(followed.status == 2)
    #expect(server.connectionCount == 0)
  }
}
