// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Measures the store of this machine, one part at a time; Benchmarks/Log/bench.py compares.
@main
struct StorageMeasure {
  static let usage = """
    usage: storage-measure publish DIR SECONDS full|normal PUBLISHERS
           storage-measure fill DIR TOPIC EVENTS
           storage-measure read DIR TOPIC
           storage-measure retain DIR TOPIC SECONDS|all RATE
           storage-measure state DIR KEYS SECONDS RATE
           storage-measure pipeline DIR KEYS SECONDS RATE

    publish  so many callers, each of whom waits for his commit before he publishes again
    fill     stores events of 128 bytes, as the server stores them
    read     reads them all in this process
    retain   publishes RATE events a second to another topic, for SECONDS, or while all of TOPIC is
             deleted
    state    checkpoints of a pipeline of which one key in a hundred has changed, once a second, with
             RATE publishes a second beside them
    pipeline the same of one that counts events by key, from its events to its restart

    Prints one JSON object.
    """

  static func main() async throws {
    var words = Arguments(CommandLine.arguments.dropFirst())
    do {
      switch try words.text() {
      case "publish": try await publish(&words)
      case "fill": try await fill(&words)
      case "read": try await read(&words)
      case "retain": try await retain(&words)
      case "state": try await state(&words)
      case "pipeline": try await pipeline(&words)
      default: throw Arguments.Wrong()
      }
    } catch is Arguments.Wrong {
      FileHandle.standardError.write(Data((usage + "\n").utf8))
      exit(2)
    }
  }

  private static func publish(_ words: inout Arguments) async throws {
    let directory = try words.text()
    let seconds = try words.number(Double.self)
    let synchronous = try words.synchronous()
    let publishers = try words.last(Int.self)
    try print(await publishThroughLog(directory, publishers: publishers, synchronous, seconds))
  }

  private static func fill(_ words: inout Arguments) async throws {
    let (directory, topic) = (try words.text(), try words.text())
    try print(await fillTopic(directory, topic, events: words.last(Int.self)))
  }

  private static func read(_ words: inout Arguments) async throws {
    let (directory, topic) = (try words.text(), try words.text())
    try words.end()
    try print(await readThroughLog(directory, topic))
  }

  private static func retain(_ words: inout Arguments) async throws {
    let (directory, topic) = (try words.text(), try words.text())
    let seconds = try words.seconds()
    let rate = try words.last(Double.self)
    try print(await publishBesideRetention(directory, topic, for: seconds, rate: rate))
  }

  private static func state(_ words: inout Arguments) async throws {
    let directory = try words.text()
    let keys = try words.number(Int.self)
    let seconds = try words.number(Double.self)
    let rate = try words.last(Double.self)
    try print(await StateCost.measure(directory, keys: keys, seconds: seconds, rate: rate))
  }

  private static func pipeline(_ words: inout Arguments) async throws {
    let directory = try words.text()
    let keys = try words.number(Int.self)
    let seconds = try words.number(Double.self)
    let rate = try words.last(Double.self)
    try print(await PipelineCost.measure(directory, keys: keys, seconds: seconds, rate: rate))
  }

  private static func print(_ figures: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    Swift.print(String(decoding: try encoder.encode(figures), as: UTF8.self))
  }
}
