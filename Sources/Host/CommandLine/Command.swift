// SPDX-License-Identifier: Apache-2.0

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
  /// Connects to a server.
  var connect: (ServerAddress) throws(ServerClientError) -> any ByteConnection

  /// The context of this process.
  ///
  /// - Parameter environment: The environment's variables, by name.
  public init(environment: [String: String]) {
    console = ProcessConsole()
    self.environment = environment
    makeClock = { () throws(CommandFailure) in try SignalClock() }
    connect = { address throws(ServerClientError) in try SocketConnection(to: address) }
  }

  /// The server that `--server`, else `WEIR_URL`, names.
  func server(_ arguments: ParsedArguments) throws(CommandFailure) -> ServerAddress {
    if let url = arguments["server"] {
      return try ServerAddress(url: url, from: "--server")
    }
    let url = environment["WEIR_URL"] ?? ""
    return try ServerAddress(url: url.isEmpty ? ServerAddress.defaultURL : url, from: "WEIR_URL")
  }

  /// A connection to the server that the arguments name; nothing is sent yet.
  func client(_ arguments: ParsedArguments) throws(CommandFailure) -> ServerClient {
    ServerClient(try server(arguments), connect: connect)
  }
}
