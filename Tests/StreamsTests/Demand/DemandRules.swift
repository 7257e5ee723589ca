// SPDX-License-Identifier: Apache-2.0

/// The rules of demand, and the test of each.
///
/// Numbers are those of the Reactive Streams TCK, whose rules are translated to batches, cursors and
/// grants; those with a plus are our own.
enum DemandRules {
  static let all: [(number: String, rule: String, test: String)] = [
    (
      "1.01",
      "delivered is at most what was granted, at every instant",
      "no more is delivered than was granted, at any instant"
    ),
    (
      "1.01",
      "no more is asked of a source than there is room for",
      "no more is asked of a source than there is room for"
    ),
    (
      "1.02",
      "may deliver fewer, then finish",
      "fewer may come than were granted, then the end"
    ),
    (
      "1.03",
      "no overlapping delivery to one subscriber",
      "deliveries to one sink don't overlap"
    ),
    (
      "1.04",
      "a failure leads to exactly one terminal failure",
      "a failure comes once, behind what came before it, and nothing follows"
    ),
    (
      "1.05, create1, create3",
      "finite and empty sources finish",
      "a source of none, of one and of three comes to its end"
    ),
    (
      "1.07",
      "nothing after the terminal, be it the end or a failure",
      "a failure comes once, behind what came before it, and nothing follows"
    ),
    (
      "1.07",
      "the same where a stage fails and its source goes on",
      "nothing follows a failure of a stage, though its source goes on"
    ),
    (
      "1.08",
      "who has cancelled gets no late terminal",
      "who has cancelled gets no more elements, and no end"
    ),
    (
      "1.09",
      "a rejection arrives as a failure after the subscription",
      "a reader that is refused is told when it asks, not when it is made"
    ),
    (
      "1.11",
      "multicast: the same elements in the same order, one by one, several and all upfront, with the end",
      "two subscribers get the same elements in the same order, and the end"
    ),
    (
      "2.05",
      "a second attachment is rejected, the first unaffected",
      "a pipeline runs once: a second run is refused and changes nothing"
    ),
    (
      "2.05",
      "a flow may be read twice, each reading by itself",
      "a second reading of a flow has a place of its own, and leaves the first alone"
    ),
    (
      "2.08",
      "what is under way when cancelled is tolerated, then nothing",
      "who has cancelled gets no more elements, and no end"
    ),
    (
      "2.09, 2.10",
      "the end and a failure with and without a grant",
      "an end and a failure come with and without a grant"
    ),
    (
      "2.13",
      "a subscriber that throws cancels upstream, reported once",
      "a sink that fails ends its pipeline, which lets go of the source"
    ),
    (
      "3.02, 3.03, maxDepth",
      "grants from inside a delivery; bounded recursion",
      "ten thousand grants from inside a delivery need no deep stack"
    ),
    (
      "3.05, 3.06, 3.07",
      "cancelling is idempotent and safe from any task; a grant after it does nothing",
      "cancelling may be repeated, and grants after it do nothing"
    ),
    (
      "3.08",
      "grants are additive",
      "grants add up"
    ),
    (
      "3.09",
      "a grant of less than one is a failure that explains itself",
      "a grant of less than one is a failure that says why"
    ),
    (
      "3.12",
      "cancelling stops production",
      "cancelling stops production, and lets go of the source"
    ),
    (
      "3.13",
      "the subscriber is released",
      "neither sink nor source is kept by what has ended"
    ),
    (
      "3.17",
      "grants up to the greatest number, cumulative, saturating",
      "grants up to the greatest number, and beyond, are any number"
    ),
    (
      "4.01",
      "an identity stage passes all of these",
      "no more is delivered than was granted, at any instant"
    ),
    (
      "4.02",
      "a failure passes at once, and the other inputs are cancelled",
      "a failure of one input is that of the merge, which lets go of the others"
    ),
    (
      "4.02",
      "upstream is cancelled when the last consumer leaves",
      "all inputs of a merge are let go"
    ),
    (
      "4.02",
      "the same for a plain iteration",
      "a reader that goes in the middle of an iteration lets go of the source"
    ),
    (
      "+",
      "a batch keeps its marks in their places",
      "marks keep their places among the elements"
    ),
    (
      "+",
      "control is not starved without a grant",
      "marks and cancelling pass without a grant"
    ),
    (
      "+",
      "granted is delivered and outstanding",
      "what was granted is delivered or outstanding"
    ),
    (
      "+",
      "drop policies conserve: in is out, dropped, conflated and buffered",
      "every entry is delivered, dropped, conflated or unread"
    ),
    (
      "+",
      "cancelling a task is cancelling",
      "marks and cancelling pass without a grant"
    ),
    (
      "+",
      "an end drains all that was accepted",
      "an end drains all that was accepted, in any order of the work"
    ),
    (
      "+",
      "a slow branch that drops never changes another's output",
      "a slow branch that skips never changes what another gets"
    ),
    (
      "+",
      "a slow lossless branch holds back, until it leaves",
      "a lossless branch without demand holds back the publisher, not for ever"
    ),
    (
      "+",
      "deterministic replay",
      "the same seed gives the same elements, choices and instants"
    ),
    (
      "+",
      "work in a random order, with failures and cancellations",
      "whatever fails or is cancelled, what came is the beginning of what was given"
    ),
    (
      "+",
      "a write that waits is taken back by cancelling",
      "cancelling a publish that waits takes it back"
    ),
  ]
}
