// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

/// Vectors of other engines as transcripts; their watermark says "none at or before", so ours is one
/// greater.
@Suite struct WindowTranscriptTests {
  @Test func `W4: a tumbling window drops what comes after it has fired`() throws {
    let transcript: Transcript = """
      input 1@1000
      watermark 1986
      expect nothing
      input 1@1980
      watermark 2000
      expect 2@1999
      input 1@1998        # too late
      input 1@2001
      watermark 3000
      expect nothing
      watermark 4000
      expect 1@3999
      count window.late 1
      """
    try transcript.check { (values: Flow<Identity<Timed<Int>>>) in
      values.window(.tumbling(.seconds(2)), at: \.time)
        .aggregate { Sum(of: \.value) }
        .map { Timed($0.value, at: $0.time) }
    }
  }

  @Test func `W6: an element bridges two sessions, and one that is late joins none`() throws {
    let transcript: Transcript = """
      input 1@1000
      watermark 2000
      input 1@2000
      watermark 4999
      input 1@4500           # kept: its session is open
      input 1@8500
      watermark 7401
      input 1@7000           # bridges
      expect nothing
      watermark 11502
      expect 5:1000-11500
      input 1@11600
      watermark 14601
      expect 1:11600-14600
      input 1@10000 1@10100  # too late, and must not merge
      input 1@14500
      watermark 20001
      expect 1:14500-17500
      count "session window.late" 2
      """
    try transcript.check { (values: Flow<Identity<Timed<Int>>>) in
      values.window(.session(gap: .seconds(3)), at: \.time)
        .aggregate { Sum(of: \.value) }
        .map { "\($0.value):\($0.start.milliseconds)-\($0.end.milliseconds)" }
    }
  }

  /// Windows of an hour; the watermark is the greatest time seen.
  private func hourly(_ transcript: Transcript, lateness: Duration) throws {
    try transcript.check(
      watermarks: .bounded(by: .zero, at: \Timed<Int>.time)
    ) { (values: Flow<Identity<Timed<Int>>>) in
      values.window(.tumbling(.seconds(3_600)), at: \.time, lateness: lateness)
        .aggregate { Count() }
        .map { "\($0.value)#\($0.revision)" }
    }
  }

  @Test func `W18: what comes after its hour is lost without lateness`() throws {
    try hourly(
      """
      input 1@1000 1@60000 1@3200000 1@4000000 1@5000000 1@6000000 1@0
      end
      expect 3#0 3#0 end
      count window.late 1
      """,
      lateness: .zero
    )
  }

  @Test func `W18: with an hour of lateness its window fires again`() throws {
    try hourly(
      """
      input 1@1000 1@60000 1@3200000 1@4000000 1@5000000 1@6000000
      expect 3#0
      input 1@0
      expect 4#1
      end
      expect 3#0 end
      count window.late 0
      """,
      lateness: .seconds(3_600)
    )
  }
}
