// SPDX-License-Identifier: Apache-2.0
import Foundation
import Operators
import Streams
import Testing
import WeirTesting

/// What docs/operators.md draws is what the operators do.
@Suite struct OperatorPicturesTests {
  private typealias Source = Flow<Identity<Character>>

  /// The operators of the page by their first words, with the arguments that the pictures have.
  private static let operators: [String: @Sendable (Marbles<Character>) -> String] = [
    "map { }": { $0.through { $0.map { Character($0.uppercased()) } }.description },
    "filter { }": { $0.through { $0.filter { $0 != "a" } }.description },
    "compactMap { }": { $0.through { $0.compactMap { $0.isNumber ? $0 : nil } }.description },
    "flatMap { }": { $0.through { $0.flatMap { [$0, $0] } }.description },
    "scan(_:) { }": { numbers($0.through { $0.scan(0) { count, _ in count += 1 } }) },
    "reduce(into:) { }": { numbers($0.through { $0.reduce(into: 0) { count, _ in count += 1 } }) },
    "pairwise()": { $0.through { $0.pairwise().map { $0.current } }.description },
    "prepend(_:)": { $0.through { $0.append("z") }.description },
    "removeDuplicates()": { $0.through { $0.removeDuplicates() }.description },
    "removeDuplicates(by:amongLast:)": {
      $0.through { $0.removeDuplicates(by: { $0 }, amongLast: 10) }.description
    },
    "removeDuplicates(by:within:)": {
      $0.through { $0.removeDuplicates(by: { $0 }, within: .milliseconds(4)) }.description
    },
    "prefix(_:)": { $0.through { $0.prefix(2) }.description },
    "prefix { }": { $0.through { $0.prefix { $0.isLetter } }.description },
    "prefix(until:)": { $0.through { $0.prefix(for: .milliseconds(2)) }.description },
    "drop(_:)": { $0.through { $0.drop(1) }.description },
    "chunked(by:within:)": { numbers($0.through { $0.chunked(by: 2).map { $0.count } }) },
    "tap { }": { $0.through { $0.tap { _ in } }.description },
    "metrics(_:)": { $0.through { $0.metrics("all") }.description },
    "throttle(for:keeping:)": {
      $0.through { $0.throttle(for: .milliseconds(3)) }.description
    },
    "debounce(for:maxWait:)": {
      $0.through { $0.debounce(for: .milliseconds(3)) }.description
    },
    "sample(every:)": { $0.through { $0.sample(every: .milliseconds(4)) }.description },
    "audit(for:)": { $0.through { $0.audit(for: .milliseconds(3)) }.description },
    "conflate(within:) { }": {
      numbers(
        $0.through { $0.map { _ in 1 }.conflate(within: .milliseconds(3)) { $0 += $1 } }
      )
    },
    "rateLimit(_:per:burst:excess:)": {
      $0.through { $0.rateLimit(1, per: .milliseconds(4)) }.description
    },
    "delay(by:)": { $0.through { $0.delay(by: .milliseconds(3)) }.description },
    "timeout(_:)": { $0.through { $0.timeout(.seconds(1)) }.description },
  ]

  private static func numbers(_ marbles: Marbles<Int>) -> String {
    marbles.map { Character("\($0)") }.description
  }

  /// The rows of the page that have a picture: the operator, what goes in, what comes out.
  private static func pictures() throws -> [(name: String, input: String, output: String)] {
    let page = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../docs/operators.md")
    let row = /^\| `(?<name>[^`]+)`.*`(?<before>[^`]+\|)` → `(?<after>[^`]+)`/
    return try String(contentsOf: page, encoding: .utf8).split(separator: "\n").compactMap { line in
      let line = line.replacing("\\|", with: "|")
      guard let match = line.firstMatch(of: row) else { return nil }
      return (String(match.name), String(match.before), String(match.after))
    }
  }

  @Test func `every picture is what the operator does`() throws {
    let pictures = try Self.pictures()
    #expect(Set(pictures.map(\.name)) == Set(Self.operators.keys))
    for picture in pictures {
      guard let run = Self.operators[picture.name] else { continue }
      #expect(run(Marbles(picture.input)) == picture.output, "\(picture.name)")
    }
  }
}
