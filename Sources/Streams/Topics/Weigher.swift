// SPDX-License-Identifier: Apache-2.0

/// What elements count for in a topic's byte limit.
public struct Weigher<Element: Sendable>: Sendable {
  private enum Rule {
    case fixed(Int)
    case each(@Sendable (Element) -> Int)
  }

  private let rule: Rule

  /// Every element weighs its size in memory.
  public static var stride: Weigher { Weigher(rule: .fixed(MemoryLayout<Element>.stride)) }

  /// Each element weighs what `weigh` answers, which must always be the same for it.
  public static func each(_ weigh: @escaping @Sendable (Element) -> Int) -> Weigher {
    Weigher(rule: .each(weigh))
  }

  /// What `elements` weigh together, in bytes.
  func total(_ elements: some Collection<Element>) -> Int {
    switch rule {
    case .fixed(let weight): elements.count * weight
    case .each(let weigh): elements.reduce(0) { $0 + weigh($1) }
    }
  }
}
