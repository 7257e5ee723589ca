// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import Sinks

/// `weir serve`: runs the server until a signal ends it.
public struct ServeCommand: Command {
  /// How it is written.
  public let usage = CommandUsage(
    "serve",
    "run the server until Ctrl-C",
    options: [
      .init(
        "port",
        "N",
        "the port; else the variable PORT, else the configuration's, else 8080; 0: any"
      ),
      .init("host", "ADDRESS", "the address to listen on; without keys only loopback is possible"),
      .init("tls-certificate", "FILE", "a certificate in PEM form: https; SIGHUP reads it again"),
      .init("tls-key", "FILE", "the certificate's key, in PEM form without a passphrase"),
      .init("config", "FILE", "a configuration in JSON; see docs/configuration.md"),
      .init("data", "DIR", "store durable topics in this directory; see docs/durability.md"),
      .init(
        "durable",
        "PATTERN[=full|normal]",
        "topics to store, by name or beginning with '*': full survives a power loss, normal a crash",
        isRepeatable: true
      ),
      .init(flag: "no-machine", "do not observe this machine"),
    ],
    examples: [
      .init("weir serve", "the dashboard is at http://127.0.0.1:8080"),
      .init("weir serve --port 9000 --config weir.json", "with settings of your own"),
      .init(
        "weir serve --tls-certificate server.pem --tls-key server.key",
        "at https://127.0.0.1:8080"
      ),
      .init("weir serve --data data --durable 'orders*'", "what is accepted outlives the process"),
    ]
  )

  private let makePipelines: ServerProcess.MakePipelines

  /// Makes the command.
  ///
  /// - Parameter makePipelines: Makes pipelines that run besides the standard ones. Default none.
  public init(pipelines makePipelines: @escaping ServerProcess.MakePipelines = { _ in [] }) {
    self.makePipelines = makePipelines
  }

  /// Serves; blocks the calling thread, which must be the process's first.
  ///
  /// - Parameters:
  ///   - arguments: What was written.
  ///   - context: The process around it.
  /// - Returns: 0 after a signal, 1 if the address is not to be had.
  /// - Throws: ``CommandFailure`` for a configuration that can't be used.
  public nonisolated(nonsending) func run(
    _ arguments: ParsedArguments,
    in context: CommandContext
  ) async throws(CommandFailure) -> Int32 {
    var configuration = Configuration()
    if let path = arguments["config"] { configuration = try Self.read(path) }
    if let host = arguments["host"] { configuration.host = host }
    if let port = try arguments.number("port", in: 0...65_535) {
      configuration.port = UInt16(port)
    } else if let text = context.environment["PORT"], !text.isEmpty {
      guard let port = UInt16(text) else {
        throw .misuse("PORT is '\(text)'", remedy: "set it to a whole number from 0 to 65535")
      }
      configuration.port = port
    }
    try Self.readTLSFiles(arguments, into: &configuration)
    try Self.readStorage(arguments, into: &configuration)
    if arguments.has("no-machine") { configuration.machineInterval = nil }
    configuration.webSocket.version = "weir \(VersionCommand.version)"
    return ServerProcess(configuration, pipelines: makePipelines).run()
  }

  private static func readStorage(
    _ arguments: ParsedArguments,
    into configuration: inout Configuration
  ) throws(CommandFailure) {
    if let directory = arguments["data"] { configuration.dataDirectory = directory }
    for text in arguments.all("durable").reversed() {
      do throws(ConfigurationViolation) {
        configuration.durable.insert(try ConfigurationReader.durableRule(text), at: 0)
      } catch {
        throw .misuse("--durable does not take '\(text)'", remedy: error.detail)
      }
    }
    let isDurable =
      !configuration.durable.isEmpty || configuration.topics.contains { $0.storage != nil }
    guard !isDurable || configuration.dataDirectory != nil else {
      throw .misuse(
        "topics are to be durable, and there is no directory to store them in",
        remedy: "name one with --data DIR"
      )
    }
  }

  private static func readTLSFiles(
    _ arguments: ParsedArguments,
    into configuration: inout Configuration
  ) throws(CommandFailure) {
    switch (arguments["tls-certificate"], arguments["tls-key"]) {
    case (nil, nil): break
    case (let certificate?, let key?):
      configuration.tls = .init(certificatePath: certificate, keyPath: key)
    case (_?, nil):
      throw .misuse("--tls-certificate stands alone", remedy: "name its key with --tls-key FILE")
    case (nil, _?):
      throw .misuse(
        "--tls-key stands alone",
        remedy: "name its certificate with --tls-certificate FILE"
      )
    }
  }

  private static func read(_ path: String) throws(CommandFailure) -> Configuration {
    let text: [UInt8]
    do {
      text = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      throw .failure("can't read the configuration '\(path)'", remedy: "name a file that exists")
    }
    do {
      return try ConfigurationReader.read(text)
    } catch {
      throw .misuse("\(path): \(error)", remedy: "see docs/configuration.md")
    }
  }
}
