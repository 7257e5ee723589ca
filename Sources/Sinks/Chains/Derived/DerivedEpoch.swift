// SPDX-License-Identifier: Apache-2.0
import Streams

/// What names the life of a derived topic: its source's life, where in that it began, and its plan.
///
/// A client holds on to the text ``text``, which tells where it began; from that, the plan and the
/// source's present epoch the topic can be made again. The hash is no secret: who makes up a text that
/// fits is given what anybody may ask for, within the same limits.
struct DerivedEpoch: Hashable, Sendable {
  let epoch: Epoch
  let start: Offset

  init(_ plan: ChainPlan, _ source: Topic<Event>, start: Offset) {
    var hasher = StableHasher()
    hasher.combine(bytes: plan.canonicalForm.span)
    source.name.stableHash(into: &hasher)
    hasher.combine(source.epoch.rawValue)
    hasher.combine(start)
    // No epoch is zero.
    epoch = Epoch(rawValue: max(1, hasher.hash))
    self.start = start
  }

  private init(_ epoch: Epoch, _ start: Offset) { (self.epoch, self.start) = (epoch, start) }

  /// Reads what ``text`` gives; `nil` for anything else.
  init?(_ text: String) {
    // Two numbers of 64 bits in base 36 and what is between them.
    guard text.utf8.count <= 27 else { return nil }
    let parts = text.split(separator: "~", omittingEmptySubsequences: false)
    guard parts.count == 2, let epoch = Epoch(parts[0]), let start = Offset(parts[1], radix: 36),
      String(start, radix: 36) == parts[1]
    else { return nil }
    self.init(epoch, start)
  }

  /// `<epoch>~<start>`, both in base 36 and lower case.
  var text: String { "\(epoch)~\(String(start, radix: 36))" }
}
