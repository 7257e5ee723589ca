// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

/// Transcripts that hold for a flow and for other sequences alike.
@Suite struct SequenceTranscriptTests {
  private static let filtered: Transcript = """
    input 1 2 3 4 5
    expect nothing
    demand 1
    expect 2
    demand 5
    expect 4
    input 6
    expect 6
    end
    expect end
    """

  @Test func `a flow, the same as a sequence, and the standard library's filter`() throws {
    try Self.filtered.check { (numbers: Flow<Identity<Int>>) in
      numbers.filter { $0.isMultiple(of: 2) }
    }
    try Self.filtered.check(sequence: { (source: SourceProbe<Int>) in
      source.flow().filter { $0.isMultiple(of: 2) }
    })
    try Self.filtered.check(sequence: { (source: SourceProbe<Int>) in
      Self.plain(source.flow()).filter { $0.isMultiple(of: 2) }
    })
  }

  /// The flow as nothing but a sequence, so that it has the standard library's operators.
  private static func plain(
    _ flow: Flow<Identity<Int>>
  ) -> some AsyncSequence<Int, any Error> & SendableMetatype {
    flow
  }

  @Test func `a sequence counts nothing`() {
    let failure = #expect(throws: TranscriptFailure.self) {
      let transcript: Transcript = "count map.late 1"
      try transcript.check(sequence: { (source: SourceProbe<Int>) in source.flow() })
    }
    #expect(failure?.found == "another sequence")
  }

  @Test func `an error of the source comes out of any sequence`() throws {
    let transcript: Transcript = "input 1\nfail broken\nexpect 1 error broken"
    try transcript.check(sequence: { (source: SourceProbe<Int>) in source.flow() })
  }
}
