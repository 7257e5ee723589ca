// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct TranscriptTests {
  /// Checks a transcript over numbers that are doubled.
  private func double(_ transcript: Transcript) throws(TranscriptFailure) {
    try transcript.check { (numbers: Flow<Identity<Int>>) in numbers.map { $0 * 2 } }
  }

  /// The message of a transcript that does not hold.
  private func message(_ transcript: Transcript) -> String {
    do {
      try double(transcript)
      return "holds"
    } catch {
      return error.description
    }
  }

  @Test func `what goes in and comes out`() throws {
    try double(
      """
      # numbers, and a comment

      input 1 2 3
      expect 2 4 6   # all of them
      expect nothing
      input 5*2
      expect 10*2
      end
      expect end
      """
    )
  }

  @Test func `demand is what may come out`() throws {
    try double(
      """
      input 1 2 3 4
      expect nothing
      demand 1
      expect 2
      demand 2
      expect 4 6
      end
      expect nothing
      demand all
      expect 8 end
      """
    )
  }

  @Test func `a demand of nothing is an error`() throws {
    try double(
      """
      input 1
      demand 0
      expect error "at least one element"
      """
    )
  }

  @Test func `errors of the source are expected with their text, or part of it, or without`()
    throws
  {
    try double("input 1\nfail \"no connection\"\nexpect 2 error no connection")
    try double("input 1\nfail broken\nexpect 2 error")
    try double("fail broken\nexpect error rok")
  }

  @Test func `a cancelled flow gives nothing more, not even its end`() throws {
    try double(
      """
      input 1
      expect 2
      cancel
      input 2
      end
      expect nothing
      """
    )
  }

  @Test func `words in quotes may hold anything`() throws {
    let transcript: Transcript = """
      input "two words" "end" "say \\"hi\\"" "#1"
      expect "two words" "end" "say \\"hi\\"" "#1"
      """
    try transcript.check { (words: Flow<Identity<String>>) in words }
  }

  @Test func `characters, and values that a closure reads`() throws {
    let letters: Transcript = "input a b\nexpect A B"
    try letters.check { (letters: Flow<Identity<Character>>) in letters.map { $0.uppercased() } }
    let flags: Transcript = "input on off\nexpect true false"
    try flags.check(parse: { $0 == "on" }, { (flags: Flow<Identity<Bool>>) in flags })
  }

  @Test func `time passes when the transcript says so`() throws {
    let transcript: Transcript = """
      input a
      clock +20
      input b
      expect nothing
      clock +29
      expect nothing
      clock 51
      expect b
      """
    try transcript.check { (letters: Flow<Identity<Character>>) in
      letters.debounce(for: .milliseconds(30))
    }
  }

  @Test func `watermarks are set and expected, and counters of the source`() throws {
    let transcript: Transcript = """
      input a@5 b@9
      watermark 7
      expect a@5 b@9
      expect watermark 7
      end-of-input
      count source.received 2
      """
    try transcript.check { (values: Flow<Identity<Timed<String>>>) in values }
  }

  @Test(arguments: [
    ("input 1\nexpect 3", "line 2 `expect 3`: expected 3, found 2 (seed 0)"),
    ("input 1 2\nexpect 2", "line 2 `expect 2`: expected 2, found 2 4 (seed 0)"),
    ("expect 2", "line 1 `expect 2`: expected 2, found nothing (seed 0)"),
    ("input 1\nexpect nothing", "line 2 `expect nothing`: expected nothing, found 2 (seed 0)"),
    ("end\nexpect nothing", "line 2 `expect nothing`: expected nothing, found end (seed 0)"),
    ("expect end", "line 1 `expect end`: expected end, found nothing (seed 0)"),
    (
      "fail no\nexpect error yes",
      "line 2 `expect error yes`: expected error yes, found error no (seed 0)"
    ),
    ("input 1", "line 2: expected nothing, found 2 (seed 0)"),
    ("input 1\ndemand 1\nexpect 2\n\nend", "line 6: expected nothing, found end (seed 0)"),
  ])
  func `a transcript that does not hold tells the line, and what was expected and found`(
    text: String,
    message expected: String
  ) {
    #expect(message(Transcript(text)) == expected)
  }

  @Test(arguments: [
    (
      "inptu 1",
      "input, watermark, end-of-input, clock, demand, end, fail, cancel, expect or count", "inptu"
    ),
    ("input x", "Int", "`x`"),
    ("watermark soon", "an instant in milliseconds", "soon"),
    ("watermark", "an instant in milliseconds", "0 words"),
    ("clock -5", "an instant, or + and a time, in milliseconds", "-5"),
    ("clock 5\nclock 4", "an instant from 5 on", "4"),
    ("demand some", "a number of elements, or all", "some"),
    ("expect", "what is expected, or nothing", "no word"),
    ("input \"1", "a closing quote", "none"),
    ("end now", "nothing behind end", "now"),
    ("count late 1", "stage.counter and a number", "late 1"),
    ("end\nexpect end\ninput 1", "a source that is open", "its end"),
    ("input 1\nexpect 2\nexpect watermark 5", "5", "none"),
    ("count source.received 1", "1", "0"),
  ])
  func `a line that can't be read tells what it should have`(
    text: String,
    expected: String,
    found: String
  ) throws {
    let failure = try #require(throws: TranscriptFailure.self) { try double(Transcript(text)) }
    #expect((failure.expected, failure.found) == (expected, found))
  }

  @Test func `a counter that is not there tells which are`() {
    #expect(message("count map.late 1").contains("expected one of source.received, source.behind"))
  }
}
