// SPDX-License-Identifier: Apache-2.0

/// What elements count for in a topic's byte limit.
public struct Weigher<Element: Sendable>: Sendable {
  @usableFromInline
  enum Rule: Sendable {
    case fixed(Int)
    case each(@Sendable (Element) -> Int)
  }

  @usableFromInline let rule: Rule

  @inlinable
  init(rule: Rule) {
    self.rule = rule
  }

  /// Every element weighs its size in memory.
  @inlinable public static var stride: Weigher {
    Weigher(rule: .fixed(MemoryLayout<Element>.stride))
  }

  /// Each element weighs what `weigh` answers, which must always be the same for it.
  @inlinable
  public static func each(_ weigh: @escaping @Sendable (Element) -> Int) -> Weigher {
    Weigher(rule: .each(weigh))
  }

  /// What `elements` weigh together, in bytes.
  @inlinable
  func total(_ elements: some Collection<Element>) -> Int {
    switch rule {
    case .fixed(let weight): elements.count * weight
    case .each(let weigh): elements.reduce(0) { $0 + weigh($1) }
    }
  }
}
