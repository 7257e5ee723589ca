// SPDX-License-Identifier: Apache-2.0
import Transport

/// A client on a loop of its own beside a scripted server, for the time of one test.
struct ClientBench {
  let client: HTTPClient
  let server: ScriptedServer
  let tenant: ProbeTenant

  /// Runs a body with a client and a server, and ends both.
  static func with(_ body: (ClientBench) async throws -> Void) async throws {
    try await with({ _ in }, body)
  }

  /// Runs a body with a client of some configuration and a server, and ends both.
  static func with(
    _ configure: (inout HTTPClient.Configuration) -> Void,
    _ body: (ClientBench) async throws -> Void
  ) async throws {
    var configuration = HTTPClient.Configuration.patient
    configure(&configuration)
    let server = try ScriptedServer()
    try server.loop.start(tenant: server)
    try await server.start()
    let loop = try EventLoop(name: "client")
    let bench = ClientBench(
      client: try HTTPClient(loop: loop, configuration: configuration),
      server: server,
      tenant: ProbeTenant(loop)
    )
    try loop.start(tenant: bench.tenant)
    defer {
      for loop in [loop, server.loop] {
        loop.stop()
        loop.join()
      }
    }
    try await body(bench)
    await bench.client.close()
  }

  /// Sends a request to a path of the server.
  func send(
    _ path: String,
    method: String = "GET",
    body: [UInt8]? = nil,
    _ change: (inout HTTPClient.Request) -> Void = { _ in }
  ) async throws(HTTPClient.Failure) -> HTTPClient.Response {
    var request = HTTPClient.Request(server.url + path, method: method, body: body)
    change(&request)
    return try await client.send(request)
  }

  /// Sends a request that fails, and returns why.
  func failure(
    _ path: String,
    _ change: (inout HTTPClient.Request) -> Void = { _ in }
  ) async -> HTTPClient.Failure? {
    do throws(HTTPClient.Failure) {
      _ = try await send(path, change)
      return nil
    } catch {
      return error
    }
  }
}

extension HTTPClient.Configuration {
  /// With deadlines that a slow machine meets, too.
  static var patient: Self {
    var configuration = Self()
    let long = Duration.seconds(120)
    configuration.deadlines = .init(connect: long, firstByte: long, whole: long)
    return configuration
  }
}

extension HTTPClient.Response {
  var text: String { String(decoding: body, as: UTF8.self) }
}

extension HTTPClient {
  /// Sends a request that fails, and returns why.
  func failure(of request: Request) async -> Failure? {
    do throws(Failure) {
      _ = try await send(request)
      return nil
    } catch {
      return error
    }
  }
}
