// SPDX-License-Identifier: Apache-2.0
import BenchmarkKit
import Operators
import Streams

/// Windows over readings of 1,000 keys, ten of each key in a second: what one element costs.
enum WindowBenchmark {
  static let benchmark = Benchmark(
    "window",
    "counts by key in windows, processor time for each element"
  ) { effort in
    let passes = max(1, 8 / effort.divisor)
    let variants = [
      WindowVariants.plainTable(passes: passes),
      WindowVariants.tumbling(passes: passes),
      WindowVariants.sliding(passes: passes),
      WindowVariants.session(passes: passes),
      WindowVariants.manyKeysTable(count: 1_000_000 / effort.divisor),
      WindowVariants.manyKeys(count: 1_000_000 / effort.divisor),
    ]
    let rows = RowMaker(
      "window",
      per: "element",
      try await Rounds(of: variants, count: effort.rounds)
    )
    let names = variants.map(\.name)
    return [
      rows.processorTime(names[0]),
      rows.processorTime(names[1], against: names[0], goal: .atMost(4)),
      rows.processorTime(names[2], against: names[1], goal: .atMost(3)),
      rows.processorTime(names[3], against: names[1]),
      rows.processorTime(names[4]),
      rows.processorTime(names[5], against: names[4]),
    ]
  }
}

/// One element of the benchmark.
private struct Bid: Sendable {
  let auction: Int
  let time: Timestamp
}

private enum Bids {
  static let keyCount = 1_000
  static let perSecond = 10_000
  static let count = 2_000_000

  /// The bid with a number: keys in no order, times ascending.
  static func bid(_ number: Int) -> Bid {
    var mixed = UInt64(truncatingIfNeeded: number) &* 0x9E37_79B9_7F4A_7C15
    mixed ^= mixed >> 29
    return Bid(
      auction: Int(mixed % UInt64(keyCount)),
      time: Timestamp(milliseconds: Int64(number / (perSecond / 1_000)))
    )
  }

  static let all = (0..<count).map(bid)
}

/// What the variants run.
private enum WindowVariants {
  /// A dictionary of the standard library that is emptied every minute.
  static func plainTable(passes: Int) -> Variant {
    Variant("a dictionary by hand, a minute", count: passes * Bids.count) {
      let all = Bids.all
      return await Elapsed.by {
        for _ in 0..<passes {
          var counts: [Int: Int] = [:]
          var (end, fired) = (Int64(60_000), 0)
          for bid in all {
            if bid.time.milliseconds >= end {
              fired += counts.values.reduce(0, +)
              counts.removeAll(keepingCapacity: true)
              end += 60_000
            }
            counts[bid.auction, default: 0] += 1
          }
          fired += counts.values.reduce(0, +)
          precondition(opaque(fired) == Bids.count, "every bid is counted")
        }
      }
    }
  }

  static func tumbling(passes: Int) -> Variant {
    aligned("tumbling, a minute", .tumbling(.seconds(60)), copies: 1, passes)
  }

  static func sliding(passes: Int) -> Variant {
    aligned(
      "sliding, a minute every second",
      .sliding(.seconds(60), every: .seconds(1)),
      copies: 60,
      passes
    )
  }

  private static func aligned(
    _ name: String,
    _ windows: AlignedWindows,
    copies: Int,
    _ passes: Int
  ) -> Variant {
    Variant(name, count: passes * Bids.count) {
      let chain = Topic<Bid>("bids").flow()
        .window(windows, by: { $0.auction }, at: { $0.time })
        .aggregate { Count() }
        .chain
      return await Elapsed.by {
        for _ in 0..<passes {
          var fired = 0
          run(chain, over: Bids.all, at: { $0.time }) { fired += $0.value }
          precondition(opaque(fired) == copies * Bids.count, "every bid is counted")
        }
      }
    }
  }

  static func session(passes: Int) -> Variant {
    Variant("sessions, a gap of a second", count: passes * Bids.count) {
      let chain = Topic<Bid>("bids").flow()
        .window(.session(gap: .seconds(1)), by: { $0.auction }, at: { $0.time })
        .aggregate { Count() }
        .chain
      return await Elapsed.by {
        for _ in 0..<passes {
          var fired = 0
          run(chain, over: Bids.all, at: { $0.time }) { fired += $0.value }
          precondition(opaque(fired) == Bids.count, "every bid is counted")
        }
      }
    }
  }

  /// As many keys as elements, in a dictionary of the standard library.
  static func manyKeysTable(count: Int) -> Variant {
    Variant("a dictionary of a million keys by hand", count: count) {
      await Elapsed.by {
        var counts: [Int: Int] = [:]
        for number in 0..<count { counts[number &* 7_919, default: 0] += 1 }
        precondition(opaque(counts.values.reduce(0, +)) == count, "every key is there")
      }
    }
  }

  /// As many keys as elements, in one window that is given out in parts of 256.
  static func manyKeys(count: Int) -> Variant {
    Variant("tumbling, a million keys, given out by 256", count: count) {
      let chain = Topic<Int>("keys").flow()
        .window(.tumbling(.seconds(60)), by: { $0 &* 7_919 }, at: { _ in 5 })
        .aggregate { Count() }
        .chain
      return await Elapsed.by {
        var fired = 0
        run(chain, over: 0..<count) { fired += $0.value }
        precondition(opaque(fired) == count, "every key is there")
      }
    }
  }

  /// Drives operators as a pipeline does, with the watermark at each element's time.
  @inline(__always)
  private static func run<Chain: Operator>(
    _ chain: Chain,
    over elements: some Sequence<Chain.Input>,
    at time: ((Chain.Input) -> Timestamp)? = nil,
    _ take: (Chain.Output) -> Void
  ) {
    var chain = chain
    var held: [Chain.Output] = []
    var watermark = Timestamp.distantPast
    for element in elements {
      chain.receive(element, at: 0) { held.append($0) }
      if let time { watermark = time(element) }
      if watermark >= chain.nextWatermark {
        chain.advance(to: watermark, at: 0) { held.append($0) }
      }
      while chain.isPending {
        chain.resume(at: 0, room: 256) { held.append($0) }
        precondition(held.count <= 512, "no more is held than there is room for")
        for output in held { take(output) }
        held.removeAll(keepingCapacity: true)
      }
    }
    chain.advance(to: .never, at: 0) { held.append($0) }
    while chain.isPending {
      chain.resume(at: 0, room: 256) { held.append($0) }
      precondition(held.count <= 512, "no more is held than there is room for")
      for output in held { take(output) }
      held.removeAll(keepingCapacity: true)
    }
  }
}
