// SPDX-License-Identifier: Apache-2.0
import Streams

// Windows without elements, where they are asked for.
extension SlotWindowing {
  /// The most windows without elements that fire one after the other; what is beyond is left out.
  @usableFromInline static var longestGap: Int64 { 10_000 }

  /// Notes a key with the end of its first window.
  @inlinable
  mutating func note(_ key: Key, _ end: Int64) {
    guard known != nil else { return }
    if let place = known?.find(key) {
      if let first = known?.entries[place].value, end < first {
        known?.entries[place].value = end
      }
    } else if let count = known?.count, count < options.limit {
      _ = known?.insert(key, end)
    }
  }

  /// Opens the window without elements that fires next, if one with elements is known behind it.
  @inlinable
  mutating func fillGap() {
    guard options.firesEmpty, !grid.isGlobal, filledThrough != .min, watermark != .min else {
      return
    }
    guard let next = windows.first(where: { !$0.isPast })?.end else { return }
    let longest = grid.every.multipliedReportingOverflow(by: Self.longestGap)
    let far = longest.overflow ? Int64.max : longest.partialValue
    if next.subtractingClamped(filledThrough) > far {
      filledThrough = next.subtractingClamped(far)
    }
    var gap = filledThrough.addingClamped(grid.every)
    while gap < next, position(of: gap) != nil {
      filledThrough = gap
      gap = gap.addingClamped(grid.every)
    }
    if gap < next, gap <= watermark, let at = open(gap) {
      // It was passed before it was opened, but has not fired.
      windows[at].isPast = false
    }
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
