// SPDX-License-Identifier: Apache-2.0
import Streams

// Windows without elements, where they are asked for.
extension SlotWindowing {
  /// The most windows without elements that fire one after the other; what is beyond is left out.
  @usableFromInline static var longestGapCount: Int64 { 10_000 }

  /// Notes a key with the end of its first window.
  @inlinable
  mutating func note(_ key: Key, _ end: Int64) {
    guard known != nil else { return }
    if let place = known?.find(key) {
      if let first = known?.entries[place].value, end < first {
        known?.entries[place].value = end
        known?.noteChange(at: place)
      }
    } else if let count = known?.count, count < options.limit {
      _ = known?.insert(key, end)
    }
  }

  /// Opens the window without elements that fires next, if one with elements is known behind it.
  @inlinable
  mutating func fillGap() {
    guard options.firesEmpty, !grid.isGlobal, watermark != .min else { return }
    while filledThrough != .min, let next = windows.first(where: { $0.end > filledThrough }) {
      let gap = filledThrough.addingClamped(grid.every)
      if gap >= next.end {
        guard next.isPast else { return }
        filledThrough = next.end
      } else if next.end.subtractingClamped(gap) > longestGap {
        filledThrough = next.end.subtractingClamped(longestGap)
      } else {
        // It was passed before it was opened, but has not fired.
        if gap <= watermark, let at = open(gap) { windows[at].isPast = false }
        return
      }
    }
  }

  /// How far before a window with elements those without begin.
  @inlinable var longestGap: Int64 {
    let product = grid.every.multipliedReportingOverflow(by: Self.longestGapCount)
    return product.overflow ? .max : product.partialValue
  }

  /// Gives a window that fires an empty aggregate for each key that came before its end and is not
  /// in it.
  @inlinable
  mutating func fillUp(_ at: Int) {
    guard let known else { return }
    for entry in known.entries where entry.value < windows[at].end {
      guard windows[at].slots.find(entry.key) == nil else { continue }
      if entryCount >= options.limit {
        ledger.rejected += 1
      } else {
        entryCount += 1
        _ = windows[at].slots.insert(entry.key, WindowSlot(empty))
      }
    }
  }
}
