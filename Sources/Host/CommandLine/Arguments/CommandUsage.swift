// SPDX-License-Identifier: Apache-2.0

/// How a command is written.
public struct CommandUsage: Sendable {
  /// An argument that is known by its place.
  public struct Positional: Sendable {
    /// What it stands for, in capitals: `TOPIC`.
    public let name: String
    /// What it means, in a few words.
    public let summary: String
    /// Whether it may be left out; only the last may.
    public let isOptional: Bool

    /// Describes a positional argument.
    public init(_ name: String, _ summary: String, isOptional: Bool = false) {
      self.name = name
      self.summary = summary
      self.isOptional = isOptional
    }
  }

  /// An argument that is known by its name: `--limit 10`, or `--json`.
  public struct Option: Sendable {
    /// The name without its hyphens.
    public let name: String
    /// What its value stands for, in capitals; `nil` for a flag, which has none.
    public let valueName: String?
    /// What it means, in a few words.
    public let summary: String
    /// Whether it may be given several times.
    public let isRepeatable: Bool
    /// Whether the command cannot do without it.
    public let isRequired: Bool

    /// Describes an option with a value.
    public init(
      _ name: String,
      _ valueName: String,
      _ summary: String,
      isRepeatable: Bool = false,
      isRequired: Bool = false
    ) {
      self.name = name
      self.valueName = valueName
      self.summary = summary
      self.isRepeatable = isRepeatable
      self.isRequired = isRequired
    }

    /// Describes a flag.
    public init(flag name: String, _ summary: String) {
      self.name = name
      valueName = nil
      self.summary = summary
      isRepeatable = false
      isRequired = false
    }

    /// As it is written: `--limit N`.
    var form: String {
      valueName.map { "--\(name) \($0)" } ?? "--\(name)"
    }
  }

  /// A whole command line and what it does.
  public struct Example: Sendable {
    /// What to type.
    public let line: String
    /// What it does.
    public let summary: String

    /// Describes an example.
    public init(_ line: String, _ summary: String) {
      self.line = line
      self.summary = summary
    }
  }

  /// The command's word.
  public let name: String
  /// What it does, in a few words.
  public let summary: String
  /// The arguments by place, in order.
  public let positionals: [Positional]
  /// The arguments by name; `--help` comes by itself.
  public let options: [Option]
  /// Command lines to learn from.
  public let examples: [Example]

  /// Describes a command.
  public init(
    _ name: String,
    _ summary: String,
    positionals: [Positional] = [],
    options: [Option] = [],
    examples: [Example] = []
  ) {
    self.name = name
    self.summary = summary
    self.positionals = positionals
    self.options = options
    self.examples = examples
  }
}

extension CommandUsage.Option {
  /// Where the server is; all commands that talk to one take it.
  public static let server = CommandUsage.Option(
    "server",
    "URL",
    "the server; else the variable WEIR_URL, else \(ServerAddress.defaultURL)"
  )
  /// Whom to trust beyond whom the system trusts; for a server with TLS.
  public static let authority = CommandUsage.Option(
    "ca",
    "FILE",
    "with an https:// server: trust the certificates in this PEM file too"
  )
  /// Whether output is for programs.
  public static let json = CommandUsage.Option(flag: "json", "print JSON for programs")
}
