// SPDX-License-Identifier: Apache-2.0
import AsyncAlgorithms
import BenchmarkKit

/// filter → map → filter → map → sum between two tasks, in swift-async-algorithms and in Weir.
enum PeersBenchmark {
  static let benchmark = Benchmark(
    "peers",
    "filter, map, filter, map and sum over 24-byte elements between two tasks, processor time"
  ) { effort in
    let buffered = buffered(passes: max(1, 4 / effort.divisor))
    let channel = channel(passes: max(1, 8 / effort.divisor))
    let live = WeirVariants.livePipeline(passes: 64 / effort.divisor)
    let liveFlow = WeirVariants.liveFlow(passes: 64 / effort.divisor)
    let flow = WeirVariants.flow(passes: 32 / effort.divisor)
    let variants = [buffered, channel, live, liveFlow, flow]
    let rows = RowMaker(
      "peers",
      per: "element",
      try await Rounds(of: variants, count: effort.rounds)
    )
    return [
      rows.processorTime(buffered.name, against: flow.name, goal: .atLeast(200)),
      rows.processorTime(buffered.name, against: live.name),
      rows.processorTime(channel.name, against: live.name, goal: .atLeast(5)),
      rows.processorTime(channel.name, against: liveFlow.name),
    ]
  }

  /// A task of the library's own fills a buffer of 256; the caller's empties it.
  private static func buffered(passes: Int) -> Variant {
    Variant("swift-async-algorithms buffer(.bounded(256))", count: passes * Readings.count) {
      await Elapsed.by {
        for _ in 0..<passes {
          let scores = ReadingSequence().buffer(policy: .bounded(Readings.batch))
            .filter { $0.isLoud }
            .map { $0.calibrated }
            .filter { $0.isInRange }
            .map { $0.score }
          var total: Int64 = 0
          for await score in scores { total &+= score }
          precondition(total == Readings.total, "every variant has the loop's result")
        }
      }
    }
  }

  /// The library's channel: a task sends batches of 256, held back by another that takes them one by
  /// one, with a plain loop for the operators.
  private static func channel(passes: Int) -> Variant {
    let name = "swift-async-algorithms channel, batched send"
    return Variant(name, count: passes * Readings.count) {
      try await Elapsed.by {
        var made = MultiProducerSingleConsumerAsyncChannel.makeChannel(
          of: Reading.self,
          backpressureStrategy: .watermark(low: Readings.batch, high: 4 * Readings.batch)
        )
        var channel = made.takeChannel()
        let sender = ChannelSender(consume made.source)
        async let sending: Void = sender.send(passes: passes)
        var total: Int64 = 0
        while let reading = await channel.next() {
          guard reading.isLoud else { continue }
          let calibrated = reading.calibrated
          if calibrated.isInRange { total &+= calibrated.score }
        }
        try await sending
        let expected = Int64(passes) &* Readings.total
        precondition(total == expected, "every variant has the loop's result")
      }
    }
  }
}

/// The task's side of the channel.
private actor ChannelSender {
  private typealias Channel = MultiProducerSingleConsumerAsyncChannel<Reading, Never>
  private var source: Channel.Source?

  init(_ source: consuming sending MultiProducerSingleConsumerAsyncChannel<Reading, Never>.Source) {
    self.source = consume source
  }

  func send(passes: Int) async throws {
    guard var source = source.take() else { return }
    for _ in 0..<passes {
      for batch in Readings.batches { try await source.send(contentsOf: batch) }
    }
    source.finish()
  }
}
