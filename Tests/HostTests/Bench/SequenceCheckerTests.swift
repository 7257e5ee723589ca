// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Host

@Suite struct SequenceCheckerTests {
  private func checker(_ numbers: [Int]) -> SequenceChecker {
    var checker = SequenceChecker()
    for number in numbers { checker.note(number) }
    return checker
  }

  @Test func `numbers in order are neither lost nor doubled`() {
    let checker = checker(Array(0..<100))
    #expect(checker.freshCount == 100 && checker.lostCount(before: 100) == 0)
    #expect(checker.doubledCount == 0 && checker.disorderedCount == 0)
  }

  @Test func `what never came is lost, at the front, inside and at the end`() {
    let checker = checker([2, 3, 6, 7])
    #expect(checker.lostCount(before: 10) == 2 + 2 + 2)
    #expect(checker.freshCount == 4)
  }

  @Test func `what comes again is doubled`() {
    var checker = checker([0, 1, 2])
    let isFirst = [checker.note(1), checker.note(2)]
    #expect(isFirst == [false, false])
    #expect(checker.doubledCount == 2 && checker.freshCount == 3)
    #expect(checker.disorderedCount == 0)
  }

  @Test func `what comes late is out of order, not lost`() {
    let checker = checker([0, 5, 2, 1, 4, 3])
    #expect(checker.disorderedCount == 4)
    #expect(checker.lostCount(before: 6) == 0 && checker.doubledCount == 0)
  }

  @Test func `a number that filled a hole is doubled when it comes again`() {
    var checker = checker([0, 3, 1])
    let isFirst = checker.note(1)
    #expect(!isFirst && checker.lostCount(before: 4) == 1)
  }

  @Test func `what the server said is missing is told, not lost`() {
    var checker = checker([0, 1])
    let told = checker.noteTold(2..<10)
    checker.note(10)
    #expect(told == [2..<10])
    #expect(checker.toldCount == 8 && checker.lostCount(before: 11) == 0)
    #expect(checker.disorderedCount == 0)
  }

  @Test func `a stretch is told once, and only what has not come`() {
    var checker = checker([0, 1, 4, 5])
    let told = [checker.noteTold(0..<6), checker.noteTold(0..<6)]
    #expect(told == [[2..<4], []])
    #expect(checker.toldCount == 2 && checker.lostCount(before: 6) == 0)
  }

  @Test func `what lies before a told stretch is still lost`() {
    var checker = checker([0])
    checker.noteTold(5..<8)
    #expect(checker.toldCount == 3 && checker.lostCount(before: 8) == 4)
  }

  @Test func `what was never published is not lost`() {
    var checker = checker([0, 3])
    let excused = checker.excuse(1..<2)
    #expect(excused == [1..<2])
    #expect(checker.lostCount(before: 4) == 1 && checker.toldCount == 0)
  }

  @Test func `of too many holes the oldest stays lost`() {
    let most = SequenceChecker.maximumHoles
    let checker = checker((0...most + 10).map { $0 * 2 })
    #expect(checker.lostCount(before: 2 * (most + 10)) == most + 10)
  }

  @Test func `random losses, doubles and disorder add up`() {
    var draw = SplitMix(seed: 3)
    for _ in 0..<50 {
      let sent = (0..<200).filter { _ in draw.below(4) > 0 }
      let received = (sent + sent.filter { _ in draw.below(5) == 0 }).shuffled(using: &draw)
      let checker = checker(received)
      #expect(checker.freshCount == sent.count)
      #expect(checker.doubledCount == received.count - sent.count)
      #expect(checker.lostCount(before: 200) == 200 - sent.count)
    }
  }
}
