// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

@Suite struct ResumePointTests {
  @Test func `positions are one line of plain characters`() throws {
    var point = ResumePoint([
      .init(topic: "activity", epoch: "3f2a", offset: 17),
      .init(topic: "system", epoch: "91bc", offset: 4),
    ])
    #expect(point.text == "activity:3f2a:17,system:91bc:4")
    #expect(try ResumePoint.parse(point.text) == point)
    point.set(.init(topic: "activity", epoch: "3f2a", offset: 18))
    #expect(point.text == "activity:3f2a:18,system:91bc:4")
    #expect(point["system"]?.offset == 4)
    #expect(point["other"] == nil)
  }

  @Test func `topics are percent-encoded`() throws {
    let point = ResumePoint([.init(topic: "room:#42,43 é", epoch: "", offset: .max)])
    #expect(point.text == "room%3A%2342%2C43%20%C3%A9::18446744073709551615")
    #expect(try ResumePoint.parse(point.text) == point)
    #expect(try ResumePoint.parse("") == ResumePoint())
  }

  @Test(arguments: [
    ("a", ResumeViolation.malformedPosition(index: 0)), ("a:b", .malformedPosition(index: 0)),
    ("a:b:c", .malformedPosition(index: 0)), ("a:b:1:", .malformedPosition(index: 0)),
    ("a:b:", .malformedPosition(index: 0)), ("a:b:-1", .malformedPosition(index: 0)),
    ("a:b:+1", .malformedPosition(index: 0)),
    ("a:b:18446744073709551616", .malformedPosition(index: 0)),
    ("a:b:1,", .malformedPosition(index: 1)), (",", .malformedPosition(index: 0)),
    ("a:b:1, c:d:2", .malformedPosition(index: 1)), ("%:b:1", .malformedPosition(index: 0)),
    ("%FF:b:1", .malformedPosition(index: 0)), ("é:b:1", .malformedPosition(index: 0)),
    ("a:b:1,a:b:1", .repeatedTopic("a")), ("a:b:1,%61:c:2", .repeatedTopic("a")),
  ])
  func `anything else is refused with the position at fault`(
    text: String,
    violation: ResumeViolation
  ) {
    #expect(throws: violation) { try ResumePoint.parse(text) }
    #expect(!violation.description.isEmpty)
  }

  @Test func `the text may have n bytes and no more`() {
    #expect(throws: Never.self) { try ResumePoint.parse("a:b:1", maximumBytes: 5) }
    #expect(throws: ResumeViolation.tooLong(limitBytes: 4)) {
      try ResumePoint.parse("a:b:1", maximumBytes: 4)
    }
  }

  @Test func `random positions survive writing and reading, mutated ones do no harm`() throws {
    var random = SeededGenerator(seed: 4)
    for _ in 0..<1_000 {
      let point = ResumePoint(
        (0..<Int.random(in: 0...5, using: &random)).map { _ in
          .init(
            topic: random.string(upTo: 10),
            epoch: random.string(upTo: 3),
            offset: random.next()
          )
        }
      )
      let text = point.text
      #expect(text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F })
      #expect(try ResumePoint.parse(text) == point)
      let mutated = String(decoding: random.mutate(Array(text.utf8)), as: UTF8.self)
      _ = try? ResumePoint.parse(mutated)
    }
  }
}
