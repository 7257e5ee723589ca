// SPDX-License-Identifier: Apache-2.0

extension CommandUsage {
  /// The command line in short: `weir tail TOPIC [--after OFFSET] [--json]`.
  ///
  /// What may be left out is in brackets.
  var synopsis: String {
    let places = positionals.map { $0.isOptional ? "[\($0.name)]" : $0.name }
    let names = options.map { option in
      let form = option.isRequired ? option.form : "[\(option.form)]"
      return option.isRepeatable ? form + "…" : form
    }
    return (["weir", name] + places + names).joined(separator: " ")
  }

  /// All there is to know about the command.
  var help: String {
    var text = "\(summary.capitalizedFirst).\n\nUsage: \(synopsis)\n"
    let places = positionals.map { ($0.name, $0.summary) }
    let names = options.map { ($0.form, $0.summary) } + [("--help", "print this")]
    text += HelpTable.section("Arguments", places)
    text += HelpTable.section("Options", names)
    if !examples.isEmpty {
      text += "\nExamples:\n"
      for example in examples { text += "  # \(example.summary)\n  \(example.line)\n" }
    }
    return text
  }
}

/// The parts of help that stand in two columns.
enum HelpTable {
  /// A heading and its rows; empty without rows.
  static func section(_ title: String, _ rows: [(String, String)]) -> String {
    guard !rows.isEmpty else { return "" }
    let width = rows.map(\.0.count).max() ?? 0
    let lines = rows.map { row in
      "  \(row.0)\(String(repeating: " ", count: width - row.0.count))  \(row.1)\n"
    }
    return "\n\(title):\n" + lines.joined()
  }

  /// What the tool can do.
  static func tool(_ commands: [CommandUsage]) -> String {
    "Weir: realtime streams over WebSocket, SSE and HTTP.\n\nUsage: weir COMMAND …\n"
      + section("Commands", commands.map { ($0.name, $0.summary) })
      + "\n'weir COMMAND --help' tells about one command, with examples.\n"
  }
}

extension String {
  fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
