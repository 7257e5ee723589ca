// SPDX-License-Identifier: Apache-2.0
import Codecs
import Storage
import Transport

/// `weir version`: names this program and the libraries it runs with.
struct VersionCommand: Command {
  /// The version of this program.
  static let version = "0.1.0"

  let usage = CommandUsage(
    "version",
    "print the versions of the tool and its libraries",
    options: [.json],
    examples: [.init("weir version", "which weir this is")]
  )

  nonisolated(nonsending) func run(
    _ arguments: ParsedArguments,
    in context: CommandContext
  ) async throws(CommandFailure) -> Int32 {
    let versions = [
      ("weir", Self.version),
      ("SQLite", SQLiteLibrary.version),
      ("OpenSSL", OpenSSLLibrary.version.droppingName("OpenSSL")),
    ]
    if arguments.has("json") {
      var json = JSONWriter()
      json.beginObject()
      for (name, version) in versions {
        json.name(name.lowercased())
        json.value(version)
      }
      json.endObject()
      context.console.printLine(json.bytes)
    } else {
      context.console.print(versions.map { "\($0) \($1)\n" }.joined())
    }
    return 0
  }
}

extension String {
  /// A version without the library's name in front.
  fileprivate func droppingName(_ name: String) -> String {
    hasPrefix(name + " ") ? String(dropFirst(name.count + 1)) : self
  }
}
