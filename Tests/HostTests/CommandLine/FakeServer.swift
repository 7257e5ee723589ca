// SPDX-License-Identifier: Apache-2.0
import Codecs
import Glibc
import Transport

@testable import Host

/// A server in memory that answers each request at once, as a test tells it.
final class FakeServer {
  struct Request {
    var head: HTTPRequestHead
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
    var line: String { "\(head.method) \(head.target)" }
  }

  enum Answer {
    /// A response with a JSON body.
    case json(Int, String, fields: HTTPFields = [:])
    /// Bytes as they are.
    case raw(String)
    /// Bytes as they are, then the end of the connection.
    case last(String)
    /// The connection ends without an answer.
    case close
    /// Nothing ever comes.
    case silence
  }

  /// What came, in order, those of the topic `progress` left out.
  private(set) var requests: [Request] = []
  /// The reports to the topic `progress`.
  private(set) var reports: [JSONView] = []
  private(set) var connectionCount = 0
  /// Whether each report ends its connection.
  var endsReports = false
  /// How many of the next connections are refused.
  var refusedCount = 0
  var answer: (Request) -> Answer
  let clock = FakeClock()

  init(_ answer: @escaping (Request) -> Answer = { _ in .json(200, "{}") }) {
    self.answer = answer
  }

  var lines: [String] { requests.map(\.line) }

  func connect(_ address: ServerAddress) throws(ServerClientError) -> any ByteConnection {
    guard refusedCount == 0 else {
      refusedCount -= 1
      throw .unreachable(SystemError(errno: ECONNREFUSED, operation: "connect fake"))
    }
    connectionCount += 1
    return FakeConnection(self)
  }

  func handle(_ request: Request) -> Answer {
    if request.head.path == "/v1/topics/progress/events" {
      if let json = try? JSONView.parse(request.body) { reports.append(json) }
      return endsReports ? .last("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") : .json(200, "{}")
    }
    requests.append(request)
    return answer(request)
  }

  /// A client of this server.
  func client() throws -> ServerClient {
    let address = try ServerAddress(url: ServerAddress.defaultURL, from: "a test")
    return ServerClient(address) { [self] address throws(ServerClientError) in
      try connect(address)
    }
  }

  /// The context of a command that talks to this server.
  func context(_ console: FakeConsole, environment: [String: String] = [:]) -> CommandContext {
    var context = CommandContext(environment: environment)
    context.console = console
    context.connect = { [self] address, _ throws(ServerClientError) in try connect(address) }
    context.makeClock = { [clock] () throws(CommandFailure) in clock }
    return context
  }
}

/// One connection to a fake server.
final class FakeConnection: ByteConnection {
  private let server: FakeServer
  private var decoder: HTTPRequestDecoder
  private var head: HTTPRequestHead?
  private var body: [UInt8] = []
  private var answers: [UInt8] = []
  private var hasEnded = false

  init(_ server: FakeServer) {
    self.server = server
    var limits = HTTPLimits()
    limits.maximumBodyBytes = nil
    decoder = HTTPRequestDecoder(limits: limits)
  }

  func write(_ bytes: [UInt8], timeoutMilliseconds: Int) throws(SystemError) {
    decoder.receive(bytes)
    while let event = try? decoder.nextEvent() {
      switch event {
      case .head(let received): (head, body) = (received, [])
      case .body(let bytes): body.append(contentsOf: bytes)
      case .end: if let head { take(server.handle(.init(head: head, body: body))) }
      }
    }
  }

  private func take(_ answer: FakeServer.Answer) {
    switch answer {
    case .json(let status, let text, let fields):
      var head = HTTPResponseHead(status: status, fields: fields)
      head.fields.append("Content-Length", "\(text.utf8.count)")
      head.encode(into: &answers)
      answers.append(contentsOf: text.utf8)
    case .raw(let text): answers.append(contentsOf: text.utf8)
    case .last(let text):
      answers.append(contentsOf: text.utf8)
      hasEnded = true
    case .close: hasEnded = true
    case .silence: break
    }
  }

  func read(into bytes: inout [UInt8], timeoutMilliseconds: Int) throws(SystemError) -> Int {
    guard answers.isEmpty else {
      let part = answers.prefix(1_000)
      answers.removeFirst(part.count)
      bytes.append(contentsOf: part)
      return part.count
    }
    if hasEnded { return 0 }
    server.clock.wait(milliseconds: timeoutMilliseconds)
    throw SystemError(errno: ETIMEDOUT, operation: "read from fake")
  }

  func close() { hasEnded = true }
}

/// A clock that jumps to the end of each wait.
final class FakeClock: CommandClock {
  private(set) var now = MonotonicInstant(nanoseconds: 0)
  private(set) var interruptCount = 0
  /// When Ctrl-C is pressed.
  var interrupts: [MonotonicInstant] = []

  func wait(until deadline: MonotonicInstant) {
    if let next = interrupts.first, next <= deadline {
      interrupts.removeFirst()
      interruptCount += 1
      now = max(now, next)
    } else {
      now = max(now, deadline)
    }
  }

  func interrupt() { interruptCount += 1 }

  var seconds: Double { Double(now.nanoseconds) / 1e9 }

  func interrupt(atSeconds seconds: Double) {
    interrupts.append(MonotonicInstant(nanoseconds: Int64(seconds * 1e9)))
  }
}

/// A terminal in memory.
final class FakeConsole: Console {
  var isErrorTerminal = false
  var errorColumns: Int?
  var input: [UInt8] = []
  /// After so many lines nobody reads any more.
  var lineLimit = Int.max
  private(set) var output = ""
  private(set) var errors = ""

  func write(_ bytes: [UInt8]) -> Bool {
    guard lineLimit > 0 else { return false }
    lineLimit -= 1
    output += String(decoding: bytes, as: UTF8.self)
    return true
  }

  func writeError(_ bytes: [UInt8]) { errors += String(decoding: bytes, as: UTF8.self) }

  func readInput(limit: Int) -> [UInt8] { input }
}

/// Runs whole command lines against a fake server.
struct ToolRun {
  var status: Int32
  var output: String
  var errors: String

  nonisolated(nonsending) static func run(
    _ arguments: [String],
    _ server: FakeServer = FakeServer(),
    console: FakeConsole = FakeConsole(),
    environment: [String: String] = [:]
  ) async -> ToolRun {
    let context = server.context(console, environment: environment)
    let status = await CommandLineTool.run(arguments, in: context)
    return ToolRun(status: status, output: console.output, errors: console.errors)
  }
}
