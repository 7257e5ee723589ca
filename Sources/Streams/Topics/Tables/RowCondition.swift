// SPDX-License-Identifier: Apache-2.0

/// What a publisher expects of a row that it changes; judged at the instant of the change, so that no
/// other change comes between.
public struct RowCondition: Sendable {
  /// Whether it is met by a row that was set at this offset; `nil` where there is no row.
  ///
  /// It is called while the topic is locked, or on the thread that writes: it is short and does not
  /// touch the topic. Of a publish that waits it is called when that is stored.
  let isMet: @Sendable (Offset?) -> Bool

  /// Makes a condition.
  public init(_ isMet: @escaping @Sendable (Offset?) -> Bool) {
    self.isMet = isMet
  }
}

/// Why a table does not take a publish; nothing of it is in the topic.
public enum RowRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  /// There would be more rows, or more bytes of them, than there may be.
  case full(maximumRows: Int, maximumBytes: Int)
  /// The row is not what the publisher expects: it was set at this offset, or there is none.
  case notMatched(newest: Offset?)

  /// What happened and what helps.
  public var description: String { "\(problem); \(remedy)" }

  /// What happened.
  public var problem: String {
    switch self {
    case .full(let rows, let bytes):
      "the table would have more than its \(rows) rows or \(bytes) bytes"
    case .notMatched(nil): "there is no such row"
    case .notMatched(_?): "the row is another than was expected"
    }
  }

  /// What helps.
  public var remedy: String {
    switch self {
    case .full:
      "delete rows, or raise \"maximumRows\" or \"maximumBytes\" of the topic's \"table\""
    case .notMatched: "read the row as it is now, and decide again"
    }
  }
}

/// Judges a publish by what a table has.
@usableFromInline
struct RowJudgement<Element: Sendable, Key: Hashable & Sendable> {
  /// The newest entry of a key.
  typealias Known = (Key) -> (offset: Offset, weight: Int)?

  private let rules: KeyRules<Element, Key>
  private let weigher: Weigher<Element>
  private let count: Int
  private let bytes: Int

  init(_ rules: KeyRules<Element, Key>, _ weigher: Weigher<Element>, count: Int, bytes: Int) {
    (self.rules, self.weigher, self.count, self.bytes) = (rules, weigher, count, bytes)
  }

  /// Why the elements can't be taken, all or none of them; `nil` if they can.
  func refusal(
    of elements: [Element],
    if condition: RowCondition?,
    _ known: Known
  ) -> RowRefusal? {
    if let condition {
      precondition(elements.count <= 1, "a condition is for one row")
      let newest = elements.first.flatMap { known(rules.key($0)) }?.offset
      guard condition.isMet(newest) else { return .notMatched(newest: newest) }
    }
    guard rules.refusesExcess, exceeds(elements, known) else { return nil }
    return .full(maximumRows: rules.maximumKeys, maximumBytes: rules.maximumBytes)
  }

  /// Whether there would be more than there may be, behind any of the elements: one takes its place
  /// before the next.
  ///
  /// What makes neither limit worse is taken always.
  private func exceeds(_ elements: [Element], _ known: Known) -> Bool {
    var (rows, weight) = (count, bytes)
    /// What the elements before have made of keys: the weight of their row, or that it is gone.
    var changed: [Key: Int?] = [:]
    for element in elements {
      let key = rules.key(element)
      let former = changed[key] ?? known(key)?.weight
      if let former { (rows, weight) = (rows - 1, weight - former) }
      guard rules.kind(element) != .deletion else {
        changed.updateValue(nil, forKey: key)
        continue
      }
      let own = weigher.total(CollectionOfOne(element))
      (rows, weight) = (rows + 1, weight + own)
      changed.updateValue(own, forKey: key)
      if rows > max(count, rules.maximumKeys) || weight > max(bytes, rules.maximumBytes) {
        return true
      }
    }
    return false
  }
}

extension KeyIndex {
  @usableFromInline
  func refusal(of elements: [Element], if condition: RowCondition?) -> RowRefusal? {
    guard rules.refusesExcess || condition != nil else { return nil }
    return RowJudgement(rules, weigher, count: newest.count, bytes: slots.bytes)
      .refusal(of: elements, if: condition) { key in
        newest[key].map { (offset: $0, weight: weight(of: $0)) }
      }
  }

  private func weight(of offset: Offset) -> Int {
    var place = slots.place(from: offset)
    return slots.next(&place)?.weight ?? 0
  }
}
