// SPDX-License-Identifier: Apache-2.0
import Transport

/// One word of the tool, such as `publish`, with what it takes and what it does.
public protocol Command: Sendable {
  /// How the command is written, from which its help and its parser come.
  var usage: CommandUsage { get }

  /// Does what the command is for.
  ///
  /// It runs on the caller's isolation, `main`'s thread, and may block it.
  /// - Parameters:
  ///   - arguments: What was written, already checked against ``usage``.
  ///   - context: The process around it.
  /// - Returns: The status to exit with, 0 for success.
  /// - Throws: ``CommandFailure``, which the tool prints.
  nonisolated(nonsending) func run(
    _ arguments: ParsedArguments,
    in context: CommandContext
  ) async throws(CommandFailure) -> Int32
}

/// The process around a command: what a test replaces.
public struct CommandContext {
  /// Where output goes and input comes from.
  public var console: any Console
  /// The environment's variables, by name.
  public var environment: [String: String]
  /// Makes the clock of a command that runs for long; from then on Ctrl-C is the command's to see.
  public var makeClock: () throws(CommandFailure) -> any CommandClock
  /// Connects to a server, over TLS where it is told whom to trust.
  var connect: (ServerAddress, TLSClientContext?) throws(ServerClientError) -> any ByteConnection

  /// The context of this process.
  ///
  /// - Parameter environment: The environment's variables, by name.
  public init(environment: [String: String]) {
    console = ProcessConsole()
    self.environment = environment
    makeClock = { () throws(CommandFailure) in try SignalClock() }
    connect = { address, tls throws(ServerClientError) in
      try SocketConnection(to: address, tls: tls)
    }
  }

  /// The server that `--server`, else `WEIR_URL`, names.
  func server(_ arguments: ParsedArguments) throws(CommandFailure) -> ServerAddress {
    let known = environment["WEIR_URL"] ?? ""
    let url = arguments["server"] ?? (known.isEmpty ? ServerAddress.defaultURL : known)
    let place = arguments["server"] == nil ? "WEIR_URL" : "--server"
    var address = try ServerAddress(url: url, from: place)
    address.credentials = try ServerCredentials(environment: environment)
    return address
  }

  /// A connection to the server that the arguments name; nothing is sent yet.
  func client(_ arguments: ParsedArguments) throws(CommandFailure) -> ServerClient {
    let (address, connect) = (try server(arguments), connect)
    let tls = try Self.trust(address, authoritiesPath: arguments["ca"])
    return ServerClient(address) { address throws(ServerClientError) in
      try connect(address, tls)
    }
  }

  /// Whom the connections to a server trust; `nil` for one without TLS.
  private static func trust(
    _ address: ServerAddress,
    authoritiesPath: String?
  ) throws(CommandFailure) -> TLSClientContext? {
    guard address.isSecure else {
      guard authoritiesPath == nil else {
        throw .misuse("--ca is for a server with TLS", remedy: "name it with an https:// URL")
      }
      return nil
    }
    do {
      return try TLSClientContext(authoritiesPath: authoritiesPath)
    } catch {
      throw .misuse("\(error.file) of --ca: \(error.detail)", remedy: error.remedy)
    }
  }
}
