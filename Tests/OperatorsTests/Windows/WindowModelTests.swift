// SPDX-License-Identifier: Apache-2.0
import Operators
import Testing
import WeirTesting

@testable import Streams

/// Windows of all kinds against the model, 10,000 random logs.
@Suite struct WindowModelTests {
  /// What a log of one seed is, and what the model makes of it.
  struct Case {
    var settings: WindowModel.Settings
    var steps: [(instant: Int64, step: LogStep)] = []
    var random: SeededGenerator

    init(seed: Int) {
      random = SeededGenerator(seed)
      let kinds: [WindowModel.Kind] = [
        Self.tumbling(&random), Self.sliding(&random), Self.session(&random),
      ]
      var kind = kinds.randomElement(using: &random) ?? .global
      if Int.random(in: 0..<12, using: &random) == 0 { kind = .global }
      settings = WindowModel.Settings(kind: kind)
      settings.isClocked = Int.random(in: 0..<5, using: &random) == 0
      if !settings.isClocked {
        settings.lateness = [0, 0, 3, 10, 40].randomElement(using: &random) ?? 0
        settings.bound = [0, 0, 5, 12].randomElement(using: &random) ?? 0
      }
      if Bool.random(using: &random) || kind == .global { chooseTriggers() }
      makeSteps()
    }

    private mutating func chooseTriggers() {
      switch Int.random(in: 0..<4, using: &random) {
      case 0: settings.earlyCount = Int.random(in: 1...4, using: &random)
      case 1: settings.earlyEvery = Int64.random(in: 1...9, using: &random)
      default: break
      }
      settings.lateCount = [1, 1, 2, 3].randomElement(using: &random) ?? 1
      settings.isDiscarding = Bool.random(using: &random)
      settings.closesAlways = Int.random(in: 0..<3, using: &random) == 0
    }

    private mutating func makeSteps() {
      let present = [0, 1_000, -1_000].randomElement(using: &random) ?? 0
      var maker = LogMaker(random: random, present: Int64(present))
      maker.spread = settings.lateness > 20 ? 60 : 20
      var instant: Int64 = 0
      for step in maker.log(stepCount: 14) {
        instant += [0, 1, 1, 2, 7, 30].randomElement(using: &random) ?? 1
        steps.append((instant, step))
      }
    }

    private static func tumbling(_ random: inout SeededGenerator) -> WindowModel.Kind {
      let size = Int64.random(in: 1...14, using: &random)
      let offset = Int64.random(in: 1 - size...size - 1, using: &random)
      return .aligned(size: size, every: size, offset: offset)
    }

    private static func sliding(_ random: inout SeededGenerator) -> WindowModel.Kind {
      let every = Int64.random(in: 1...8, using: &random)
      let size = every + Int64.random(in: 1...12, using: &random)
      let offset = Int64.random(in: 1 - every...every - 1, using: &random)
      return .aligned(size: size, every: every, offset: offset)
    }

    private static func session(_ random: inout SeededGenerator) -> WindowModel.Kind {
      let gap = Int64.random(in: 1...16, using: &random)
      return .session(gap: gap, mergesTouching: Bool.random(using: &random))
    }

    /// What the model says of a log, which may have left out marks that say nothing new.
    func model(of topic: Topic<Reading>) -> WindowModel {
      var model = WindowModel(settings)
      for batch in topic.windowBatches(limit: { 1_000 }) {
        for item in batch.items {
          switch item {
          case .run(let run):
            model.take(.readings(run.indices.map { run[$0] }), at: run.appended.milliseconds)
          case .mark(let mark, let appended): model.take(.mark(mark), at: appended.milliseconds)
          case .gap: preconditionFailure("the topic keeps everything")
          }
        }
      }
      model.end()
      return model
    }

    /// The log as a topic.
    func topic() async throws -> Topic<Reading> {
      let clock = ManualClock(0)
      let topic = Topic<Reading>("t", clock: clock)
      for (instant, step) in steps {
        clock.advance(to: Timestamp(milliseconds: instant))
        switch step {
        case .readings(let readings): try await topic.publish(readings)
        case .mark(let mark): topic.mark(mark)
        }
      }
      topic.close()
      return topic
    }
  }

  /// What the engine makes of a case, with cuts if asked to.
  private static func found(
    _ example: Case,
    _ topic: Topic<Reading>,
    seed: Int,
    cutsOneIn: Int?
  ) throws -> (firings: [Firing], late: Int) {
    var random = example.random
    let limits = [[1], [256], [1, 2, 3]].randomElement(using: &random) ?? [1]
    let batches = topic.windowBatches { limits.randomElement(using: &random) ?? 1 }
    let flow = topic.flow(from: .earliest)
    let run = FoundRun(
      batches: batches,
      bound: example.settings.bound,
      isClocked: example.settings.isClocked,
      seed: seed,
      cutsOneIn: cutsOneIn
    )
    var time: (@Sendable (Reading) -> Timestamp)?
    if !example.settings.isClocked { time = { reading in reading.time } }
    let lateness = Duration.milliseconds(example.settings.lateness)
    switch example.settings.kind {
    case .aligned(let size, let every, let offset):
      let (size, step) = (Duration.milliseconds(size), Duration.milliseconds(every))
      let offset = Duration.milliseconds(offset)
      let windows: AlignedWindows =
        size == step
        ? .tumbling(size, offset: offset) : .sliding(size, every: step, offset: offset)
      return try run.aligned(flow, windows, time, lateness, example.settings)
    case .global: return try run.aligned(flow, .global, time, lateness, example.settings)
    case .session(let gap, let mergesTouching):
      let windows = SessionWindows.session(
        gap: .milliseconds(gap),
        touching: mergesTouching ? .merge : .separate
      )
      return try run.sessions(flow, windows, time, lateness, example.settings)
    }
  }

  private static func compare(seed: Int, cutsOneIn: Int?) async throws {
    let example = Case(seed: seed)
    let topic = try await example.topic()
    let model = example.model(of: topic)
    let found = try found(example, topic, seed: seed, cutsOneIn: cutsOneIn)
    var expected = model.firings
    let settings = example.settings
    if settings.isTriggered || settings.isClocked || settings.kind == .global
      || isSession(settings.kind)
    {
      for index in expected.indices { expected[index].total = nil }
    }
    let isSame = found.firings == expected
    let place = zip(found.firings, expected).prefix { $0 == $1 }.count
    #expect(
      isSame,
      """
      seed \(seed): \(settings)
      firing \(place): \(found.firings.dropFirst(place).prefix(2))
      expected: \(expected.dropFirst(place).prefix(2))
      """
    )
    #expect(found.late == model.late, "seed \(seed): \(settings)")
  }

  private static func isSession(_ kind: WindowModel.Kind) -> Bool {
    if case .session = kind { true } else { false }
  }

  @Test(arguments: 0..<20)
  func `windows fire as the definitions say`(block: Int) async throws {
    for seed in block * 500..<(block + 1) * 500 {
      try await Self.compare(seed: seed, cutsOneIn: nil)
    }
  }

  @Test(arguments: 0..<4)
  func `windows that are cut anywhere go on as if they were not`(block: Int) async throws {
    for seed in 20_000 + block * 500..<20_000 + (block + 1) * 500 {
      try await Self.compare(seed: seed, cutsOneIn: 3)
    }
  }
}
