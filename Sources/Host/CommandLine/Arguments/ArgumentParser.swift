// SPDX-License-Identifier: Apache-2.0
import Codecs

/// Reads the words after a command by what the command's usage says.
///
/// `--name value` and `--name=value` are the same; after `--` everything is positional. A lone `-`
/// and negative numbers are positional too.
struct ArgumentParser {
  /// What the words ask for.
  enum Outcome: Equatable {
    case help
    case run(ParsedArguments)
  }

  private let usage: CommandUsage
  private var parsed = ParsedArguments()

  private init(_ usage: CommandUsage) { self.usage = usage }

  /// Reads `words`, the command's own word not among them.
  static func parse(
    _ words: [String],
    for usage: CommandUsage
  ) throws(CommandFailure) -> Outcome {
    var parser = ArgumentParser(usage)
    var rest = words[...]
    while let word = rest.popFirst() {
      if word == "--" {
        parser.parsed.positionals += rest
        break
      }
      if word == "--help" || word == "-h" { return .help }
      if word.hasPrefix("--") {
        try parser.takeOption(word.dropFirst(2), &rest)
      } else if parser.isPositional(word) {
        parser.parsed.positionals.append(word)
      } else {
        throw parser.unknownOption(word)
      }
    }
    try parser.checkPositionals()
    try parser.checkOptions()
    return .run(parser.parsed)
  }

  private func isPositional(_ word: String) -> Bool {
    !word.hasPrefix("-") || word == "-" || Double(word) != nil
  }

  private mutating func takeOption(
    _ text: Substring,
    _ rest: inout ArraySlice<String>
  ) throws(CommandFailure) {
    let name = String(text.prefix { $0 != "=" })
    let attached = text.contains("=") ? String(text.dropFirst(name.count + 1)) : nil
    guard let option = usage.options.first(where: { $0.name == name }) else {
      throw unknownOption("--\(name)")
    }
    if !option.isRepeatable, parsed.has(name) {
      throw .misuse("--\(name) is given twice", remedy: "give it once")
    }
    parsed.values[name, default: []].append(try value(of: option, attached, &rest))
  }

  private func value(
    of option: CommandUsage.Option,
    _ attached: String?,
    _ rest: inout ArraySlice<String>
  ) throws(CommandFailure) -> String {
    guard let valueName = option.valueName else {
      guard attached == nil else {
        throw .misuse("--\(option.name) takes no value", remedy: "leave out what follows the '='")
      }
      return ""
    }
    if let attached { return attached }
    // A value may begin with one hyphen, but two are rather a value that was forgotten.
    guard let next = rest.first, !next.hasPrefix("--") else {
      throw .misuse(
        "--\(option.name) needs a value",
        remedy: "write --\(option.name) \(valueName), or --\(option.name)=\(valueName)"
      )
    }
    rest.removeFirst()
    return next
  }

  private func unknownOption(_ word: String) -> CommandFailure {
    let known = usage.options.map(\.name) + ["help"]
    let bare = String(word.drop { $0 == "-" })
    let remedy =
      nearestName(to: bare, among: known).map { "did you mean --\($0)?" }
      ?? "see 'weir \(usage.name) --help'"
    return .misuse("'\(usage.name)' has no option \(word)", remedy: remedy)
  }

  private func checkPositionals() throws(CommandFailure) {
    let given = parsed.positionals
    if given.count > usage.positionals.count {
      let extra = given[usage.positionals.count]
      throw .misuse("'\(extra)' is one argument too many", remedy: "write '\(usage.synopsis)'")
    }
    let missing = usage.positionals.dropFirst(given.count).first { !$0.isOptional }
    if let missing {
      throw .misuse("\(missing.name) is missing", remedy: "write '\(usage.synopsis)'")
    }
  }

  private func checkOptions() throws(CommandFailure) {
    guard let missing = usage.options.first(where: { $0.isRequired && !parsed.has($0.name) }) else {
      return
    }
    throw .misuse(
      "--\(missing.name) is missing",
      remedy: "write \(missing.form), \(missing.summary)"
    )
  }
}
