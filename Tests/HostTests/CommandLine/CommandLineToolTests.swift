// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

@testable import Host

@Suite struct CommandLineToolTests {
  @Test func `without a command the help goes to standard error`() async {
    let run = await ToolRun.run([])
    #expect(run.status == 2)
    #expect(run.output.isEmpty)
    #expect(run.errors.contains("Usage: weir COMMAND"))
  }

  @Test(arguments: [["--help"], ["-h"], ["help"], ["help", "--help"]])
  func `help that was asked for is output`(_ arguments: [String]) async {
    let run = await ToolRun.run(arguments)
    #expect(run.status == 0)
    #expect(run.output.contains("Usage: weir"))
    #expect(run.errors.isEmpty)
  }

  @Test(arguments: [
    "publish", "tail", "topics", "ingest", "version", "help", "doctor", "backup", "restore",
    "export",
    "import",
  ])
  func `each command explains itself with examples`(_ name: String) async {
    let run = await ToolRun.run([name, "--help"])
    #expect(run.status == 0)
    #expect(run.output.contains("Usage: weir \(name)"))
    #expect(run.output.contains("Examples:\n  # "))
    let other = await ToolRun.run(["help", name])
    #expect(other.output == run.output)
  }

  @Test func `an unknown command names the nearest`() async {
    let run = await ToolRun.run(["publsih"])
    #expect(run.status == 2)
    #expect(run.errors == "weir: there is no command 'publsih': did you mean 'publish'?\n")
    let help = await ToolRun.run(["help", "xyzzy"])
    #expect(help.errors == "weir: there is no command 'xyzzy': see 'weir help'\n")
  }

  @Test func `a further command is found like the others`() async {
    struct Greet: Command {
      let usage = CommandUsage("greet", "say hello", positionals: [.init("NAME", "whom")])
      nonisolated(nonsending) func run(
        _ arguments: ParsedArguments,
        in context: CommandContext
      ) async throws(CommandFailure) -> Int32 {
        context.console.print("hello \(arguments.positionals[0])")
        return 7
      }
    }
    let console = FakeConsole()
    let status = await CommandLineTool.run(
      ["greet", "you"],
      commands: [Greet()] + CommandLineTool.clientCommands,
      in: FakeServer().context(console)
    )
    #expect(status == 7)
    #expect(console.output == "hello you")
  }

  @Test(arguments: ["version", "--version"])
  func `the version names the libraries`(_ word: String) async {
    let run = await ToolRun.run([word])
    #expect(run.status == 0)
    #expect(run.output.hasPrefix("weir 0.1.0\nSQLite 3."))
    #expect(run.output.contains("\nOpenSSL 3."))
  }

  @Test func `the version is JSON for programs`() async throws {
    let run = await ToolRun.run(["version", "--json"])
    #expect(try JSONView.parse(Array(run.output.utf8))["weir"]?.string == "0.1.0")
  }

  @Test func `topics are a table for people`() async {
    let server = FakeServer { _ in
      .json(
        200,
        #"""
        [{"topic":"activity","epoch":"e1","firstOffset":1,"lastOffset":12,"count":12},
         {"topic":"a","epoch":"e2","firstOffset":901,"lastOffset":1000,"count":100}]
        """#
      )
    }
    let run = await ToolRun.run(["topics"], server)
    #expect(
      run.output == """
        TOPIC     EVENTS  FIRST  LAST
        activity      12      1    12
        a            100    901  1000

        """
    )
    #expect(server.lines == ["GET /v1/topics"])
  }

  @Test func `topics are JSON for programs, from a list in an object too`() async {
    let topic = #"{"topic":"a","epoch":"e","firstOffset":1,"lastOffset":2,"count":2}"#
    let server = FakeServer { _ in .json(200, #"{"topics":[\#(topic)],"more":1}"#) }
    let run = await ToolRun.run(["topics", "--json"], server)
    #expect(run.output == "[\(topic)]\n")
  }

  @Test func `the server is the option's, the variable's or the default one`() async {
    let environment = ["WEIR_URL": "http://127.0.0.2:81/base/"]
    let server = FakeServer { _ in .json(200, "[]") }
    _ = await ToolRun.run(["topics"], server)
    _ = await ToolRun.run(["topics"], server, environment: environment)
    _ = await ToolRun.run(["topics", "--server=http://[::1]:82"], server, environment: environment)
    #expect(
      server.requests.map { "\($0.head.fields["Host"] ?? "") \($0.head.target)" } == [
        "127.0.0.1:8080 /v1/topics", "127.0.0.2:81 /base/v1/topics", "[::1]:82 /v1/topics",
      ]
    )
  }

  @Test func `a server that is not there fails with a remedy`() async {
    let server = FakeServer()
    server.refusedCount = 1
    let run = await ToolRun.run(["topics"], server)
    #expect(run.status == 1)
    #expect(
      run.errors
        == "weir: connect fake: Connection refused: "
        + "start one with 'weir serve', or name another with --server or WEIR_URL\n"
    )
  }
}
