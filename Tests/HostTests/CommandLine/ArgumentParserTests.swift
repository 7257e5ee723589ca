// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

@testable import Host

@Suite struct ArgumentParserTests {
  let usage = CommandUsage(
    "copy",
    "copy a thing",
    positionals: [.init("FROM", "source"), .init("TO", "target", isOptional: true)],
    options: [
      .init("limit", "N", "how many"),
      .init("tag", "NAME", "a tag", isRepeatable: true),
      .init(flag: "quiet", "say nothing"),
    ],
    examples: [.init("weir copy a b", "copies a to b")]
  )

  private func parse(_ words: String...) throws -> ParsedArguments {
    guard case .run(let parsed) = try ArgumentParser.parse(words, for: usage) else {
      throw CommandFailure.failure("help was asked for")
    }
    return parsed
  }

  private func failure(_ words: String...) -> String {
    do {
      return "\(try ArgumentParser.parse(words, for: usage))"
    } catch {
      return "\(error.status) \(error)"
    }
  }

  @Test func `a value follows its option or an equals sign`() throws {
    #expect(try parse("a", "--limit", "3")["limit"] == "3")
    #expect(try parse("a", "--limit=3")["limit"] == "3")
    #expect(try parse("a", "--limit=")["limit"] == "")
    #expect(try parse("a", "--limit=x=y")["limit"] == "x=y")
    #expect(try parse("a", "--limit", "-3")["limit"] == "-3")
  }

  @Test func `options may stand anywhere before two hyphens`() throws {
    let parsed = try parse("--quiet", "a", "--tag", "x", "b", "--tag=y")
    #expect(parsed.positionals == ["a", "b"])
    #expect(parsed.has("quiet"))
    #expect(parsed.all("tag") == ["x", "y"])
    #expect(try parse("--", "--quiet", "-x").positionals == ["--quiet", "-x"])
  }

  @Test func `a lone hyphen and negative numbers are positional`() throws {
    #expect(try parse("-", "-1.5").positionals == ["-", "-1.5"])
  }

  @Test func `help is asked for in both ways`() throws {
    #expect(try ArgumentParser.parse(["a", "--help"], for: usage) == .help)
    #expect(try ArgumentParser.parse(["-h"], for: usage) == .help)
  }

  @Test func `an unknown option names the nearest`() {
    #expect(
      failure("a", "--limmit", "3")
        == "2 weir: 'copy' has no option --limmit: did you mean --limit?"
    )
    #expect(
      failure("a", "--ilmit=3") == "2 weir: 'copy' has no option --ilmit: did you mean --limit?"
    )
    #expect(failure("a", "-q") == "2 weir: 'copy' has no option -q: see 'weir copy --help'")
    #expect(failure("a", "--zzz") == "2 weir: 'copy' has no option --zzz: see 'weir copy --help'")
  }

  @Test func `what is missing or too much is named`() {
    let form = "write 'weir copy FROM [TO] [--limit N] [--tag NAME]… [--quiet]'"
    #expect(failure() == "2 weir: FROM is missing: \(form)")
    #expect(failure("a", "b", "c") == "2 weir: 'c' is one argument too many: \(form)")
    #expect(
      failure("a", "--limit") == "2 weir: --limit needs a value: write --limit N, or --limit=N"
    )
    #expect(
      failure("a", "--limit", "--quiet")
        == "2 weir: --limit needs a value: write --limit N, or --limit=N"
    )
    #expect(
      failure("a", "--quiet=yes")
        == "2 weir: --quiet takes no value: leave out what follows the '='"
    )
    #expect(
      failure("a", "--limit", "1", "--limit=2") == "2 weir: --limit is given twice: give it once"
    )
  }

  @Test(arguments: ["", "x", "-1", "0", "11", "1.5", "+3"])
  func `a number outside of its range is refused`(_ text: String) throws {
    let parsed = try parse("a", "--limit=\(text)")
    let error = #expect(throws: CommandFailure.self) { try parsed.number("limit", in: 1...10) }
    #expect(error?.status == 2)
    #expect(error?.remedy == "give a whole number from 1 to 10")
  }

  @Test func `a number in its range is read`() throws {
    #expect(try parse("a", "--limit=10").number("limit", in: 1...10) == 10)
    #expect(try parse("a").number("limit", in: 1...10) == nil)
  }

  @Test func `a required option stands without brackets and is asked for`() {
    let usage = CommandUsage(
      "cut",
      "cut a thing",
      options: [
        .init("at", "PLACE", "where", isRequired: true),
        .init("keep", "PART", "what to keep", isRepeatable: true, isRequired: true),
      ]
    )
    #expect(usage.synopsis == "weir cut --at PLACE --keep PART…")
    #expect(
      throws: CommandFailure.misuse("--keep is missing", remedy: "write --keep PART, what to keep")
    ) { try ArgumentParser.parse(["--at=end"], for: usage) }
  }

  @Test func `help shows arguments, options and examples`() {
    #expect(
      usage.help == """
        Copy a thing.

        Usage: weir copy FROM [TO] [--limit N] [--tag NAME]… [--quiet]

        Arguments:
          FROM  source
          TO    target

        Options:
          --limit N   how many
          --tag NAME  a tag
          --quiet     say nothing
          --help      print this

        Examples:
          # copies a to b
          weir copy a b

        """
    )
  }

  @Test(arguments: [
    ("tial", "tail"), ("tails", "tail"), ("pub", "publish"), ("publihs", "publish"),
    ("t", nil), ("xyz", nil), ("topic", "topics"), ("to", "topics"),
  ])
  func `the nearest name is found`(_ typed: String, _ name: String?) {
    let names = ["publish", "tail", "topics", "ingest", "version", "help"]
    #expect(nearestName(to: typed, among: names) == name)
  }

  @Test func `the distance counts changes and swaps`() {
    #expect(editDistance("", "abc") == 3)
    #expect(editDistance("abc", "abc") == 0)
    #expect(editDistance("abc", "acb") == 1)
    #expect(editDistance("kitten", "sitting") == 3)
  }
}
