// SPDX-License-Identifier: Apache-2.0

/// Decides which segments of a state are merged.
///
/// Small ones are merged eight at a time into one of the next tier, which is eight times as large,
/// so that each change is written once for each tier. All are merged into one when those behind the
/// first, and what they say is gone of it, weigh half as much as it: so what is stored is bounded by
/// what the state is.
enum MergePlan {
  /// Segments of a tier that are merged, and how much larger those of the next tier are.
  static let fanIn = 8
  /// A segment of the lowest tier is smaller: it is written as a page, however small it is.
  private static let tierBytes: Int64 = 4 << 10
  /// What is stored of a state may be wasted up to this: merging little again and again is no use.
  private static let slackBytes: Int64 = 1 << 20
  /// All are merged when this has been due for so long.
  static let oldest = Duration.seconds(86_400)

  /// The segments to merge next.
  ///
  /// - Parameters:
  ///   - segments: Segments that follow each other, the oldest first.
  ///   - areAll: Whether there are no older ones.
  ///   - waste: What else is known of them.
  /// - Returns: Their indexes; `nil` if it is well as it is.
  static func choose(
    _ segments: [StateSegment],
    areAll: Bool,
    _ waste: StateWaste = StateWaste()
  ) -> Range<Int>? {
    guard segments.count > 1 else { return nil }
    let range =
      areAll && isWasteful(segments, waste)
      ? segments.indices : findInverted(segments) ?? findFullTier(segments)
    guard let range else { return nil }
    let blocks = segments[range].reduce(0) { $0 + $1.blocks }
    return blocks < StateSegment.maximumBlocks ? range : nil
  }

  static func tier(_ segment: StateSegment) -> Int {
    var (tier, bytes) = (0, segment.bytes / tierBytes)
    while bytes > 0 {
      tier += 1
      bytes /= Int64(fanIn)
    }
    return tier
  }

  /// Whether later changes may have made a third or more of what is stored worthless.
  ///
  /// A change, which may be a deletion, makes at most one of the first segment's worthless, unless it
  /// says that a table is gone.
  private static func isWasteful(_ segments: [StateSegment], _ waste: StateWaste) -> Bool {
    let first = segments[0]
    let (bytes, changes) = segments.dropFirst().reduce((Int64(0), Int64(0))) { sum, segment in
      (sum.0 + segment.bytes, sum.1 + segment.changes)
    }
    guard first.bytes + bytes > slackBytes else { return false }
    if waste.isOld { return true }
    return bytes * 2 + waste.droppedBytes * 3 > first.bytes || changes * 2 > first.changes
  }

  /// Segments that are followed by one of a higher tier, with it.
  private static func findInverted(_ segments: [StateSegment]) -> Range<Int>? {
    let tiers = segments.map(tier)
    guard let last = tiers.indices.dropFirst().first(where: { tiers[$0 - 1] < tiers[$0] }) else {
      return nil
    }
    var start = last - 1
    while start > 0, tiers[start - 1] < tiers[last] { start -= 1 }
    return start..<last + 1
  }

  /// Enough segments of a tier, the lowest first; tiers do not rise from one segment to the next.
  private static func findFullTier(_ segments: [StateSegment]) -> Range<Int>? {
    var end = segments.count
    while end > 0 {
      var start = end - 1
      while start > 0, tier(segments[start - 1]) == tier(segments[end - 1]) { start -= 1 }
      if end - start >= fanIn { return start..<end }
      end = start
    }
    return nil
  }
}
