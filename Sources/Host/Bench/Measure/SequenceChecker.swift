// SPDX-License-Identifier: Apache-2.0

/// Checks what one subscription receives of a topic whose events are numbered 0, 1, 2, …: what is
/// missing, what came twice, what came in another order, and what the server said is missing.
struct SequenceChecker: Equatable, Sendable {
  /// Stretches of missing numbers that are kept; of more, the oldest counts as lost for good.
  static let maximumHoles = 1_024

  /// How many numbers came for the first time.
  private(set) var freshCount = 0
  /// How many came again.
  private(set) var doubledCount = 0
  /// How many came after a greater one.
  private(set) var disorderedCount = 0
  /// How many the server said are missing, and which had not come.
  private(set) var toldCount = 0
  /// The number behind the greatest that was seen or told.
  private(set) var next = 0
  /// What is missing before `next`, in order.
  private var holes: [Range<Int>] = []
  private var forgottenCount = 0

  /// Notes a number that came.
  ///
  /// - Returns: Whether it is the first time.
  @discardableResult
  mutating func note(_ number: Int) -> Bool {
    if number == next {
      next += 1
    } else if number > next {
      open(next..<number)
      next = number + 1
    } else {
      guard let hole = holes.firstIndex(where: { $0.contains(number) }) else {
        doubledCount += 1
        return false
      }
      close(number..<number + 1, at: hole)
      disorderedCount += 1
    }
    freshCount += 1
    return true
  }

  /// Notes numbers of which the server said that they will not come.
  ///
  /// - Returns: Those that had not come; each is told once.
  @discardableResult
  mutating func noteTold(_ range: Range<Int>) -> [Range<Int>] {
    var told = excuse(range)
    let rest = max(next, range.lowerBound)..<max(next, range.upperBound)
    if !rest.isEmpty {
      if rest.lowerBound > next { open(next..<rest.lowerBound) }
      next = rest.upperBound
      told.append(rest)
    }
    toldCount += told.reduce(0) { $0 + $1.count }
    return told
  }

  /// Takes numbers out of what is missing, since they were never published.
  ///
  /// - Returns: Those that were missing.
  @discardableResult
  mutating func excuse(_ range: Range<Int>) -> [Range<Int>] {
    var excused: [Range<Int>] = []
    for index in holes.indices.reversed() where holes[index].overlaps(range) {
      let part = holes[index].clamped(to: range)
      close(part, at: index)
      excused.append(part)
    }
    return excused.reversed()
  }

  /// How many of the numbers below `end` are missing without a word.
  func lostCount(before end: Int) -> Int {
    holes.reduce(forgottenCount) { $0 + $1.count } + max(0, end - next)
  }

  private mutating func open(_ hole: Range<Int>) {
    holes.append(hole)
    guard holes.count > Self.maximumHoles else { return }
    forgottenCount += holes.removeFirst().count
  }

  /// Takes a part out of a hole, which leaves up to two.
  private mutating func close(_ part: Range<Int>, at index: Int) {
    let hole = holes[index]
    let rests = [hole.lowerBound..<part.lowerBound, part.upperBound..<hole.upperBound]
    holes.replaceSubrange(index...index, with: rests.filter { !$0.isEmpty })
  }
}
