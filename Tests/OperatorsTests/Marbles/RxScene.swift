// SPDX-License-Identifier: Apache-2.0
import Streams

/// A test of the vectors as flows over sources that happen in a world.
struct RxScene: Sendable {
  let test: RxTest
  let world: RxWorld
  private let sources: [RxFlow]

  init(_ test: RxTest, in world: RxWorld) {
    self.test = test
    self.world = world
    sources = test.sources.map { source in
      source.kind == "hot"
        ? RxHotSource(source.timeline, in: world).erased
        : RxColdSource(timeline: source.timeline, world: world).erased
    }
  }

  /// The flow that a term describes.
  func flow(_ term: RxTerm) throws -> RxFlow {
    switch term.kind {
    case "ref":
      guard let id = term["id"]?.number, Int(id) < sources.count else { break }
      return sources[Int(id)]
    case "pipe":
      guard let source = term["src"], let steps = term["ops"]?.list else { break }
      return try steps.reduce(try flow(source)) { try apply($1, to: $0) }
    case "call":
      return RxColdSource(timeline: try creation(term), world: world).erased
    default: break
    }
    throw RxUnmapped("a stream of a kind that is not known: \(term.kind ?? "none")")
  }

  private func apply(_ step: RxTerm, to flow: RxFlow) throws -> RxFlow {
    guard let name = step["name"]?.text, let map = RxMapping.operators[name] else {
      throw RxUnmapped("no operator")
    }
    return try map(flow, RxArguments(scene: self, terms: step["args"]?.list ?? []))
  }

  /// What `of`, `EMPTY`, `NEVER`, `timer` and `interval` make.
  func creation(_ call: RxTerm) throws -> RxTimeline {
    let arguments = RxArguments(scene: self, terms: call["args"]?.list ?? [])
    var timeline = RxTimeline()
    switch call["name"]?.text {
    case "NEVER": return timeline
    case "EMPTY": timeline.ending = .complete
    case "of":
      timeline.elements = arguments.terms.map { .init(at: 0, value: $0) }
      timeline.ending = .complete
    case "timer":
      timeline.end = try arguments.number(0)
      timeline.elements = [.init(at: timeline.end, value: .number(0))]
      timeline.ending = .complete
    case "interval":
      let step = try arguments.number(0)
      timeline.elements = (0..<200).map { .init(at: ($0 + 1) * step, value: .number(Double($0))) }
    default: throw RxUnmapped("a source of a kind that is not known")
    }
    return timeline
  }
}
