// SPDX-License-Identifier: Apache-2.0
public import Storage
public import Streams

/// The topics and pipelines of one process, and what feeds them.
public final class Engine: Sendable {
  /// Why an engine can't be built.
  public enum Failure: Error, CustomStringConvertible {
    /// Lossless pipelines would wait for each other in a circle.
    case cycle([String])
    /// Two pipelines have one name, so that nobody could tell their counters apart.
    case sameName(String)

    /// What is wrong and what helps.
    public var description: String {
      switch self {
      case .cycle(let names):
        "pipelines form a circle (\(names.joined(separator: " → "))): "
          + "let one of them write another topic"
      case .sameName(let name):
        "two pipelines are called '\(name)': give one of them another name"
      }
    }
  }

  /// The topics.
  public let topics: TopicDirectory
  /// The pipelines, in the order in which they were given.
  public let pipelines: [any RunnablePipeline]
  /// What stores the durable topics; `nil` if nothing is stored.
  public let stored: DurableTopics?
  private let sources: [@Sendable () async throws -> Void]
  /// Topics that stay in the directory as long as the engine lives.
  private let kept: [Topic<Event>]

  /// Composes an engine; nothing runs yet.
  ///
  /// - Parameters:
  ///   - topics: The topics.
  ///   - pipelines: What runs over them; each has its place in its source already.
  ///   - sources: What publishes into them from within the process, as long as it runs.
  ///   - kept: Topics that stay even if they are empty and nobody reads them.
  ///   - stored: What stores the durable topics; the directory's rules know it too. Default nothing.
  /// - Throws: ``Failure`` when pipelines form a circle or share a name.
  public init(
    topics: TopicDirectory,
    pipelines: [any RunnablePipeline],
    sources: [@Sendable () async throws -> Void] = [],
    keeping kept: [Topic<Event>] = [],
    storedIn stored: DurableTopics? = nil
  ) throws(Failure) {
    self.topics = topics
    self.pipelines = pipelines
    self.sources = sources
    self.kept = kept
    self.stored = stored
    var names: Set<String> = []
    for pipeline in pipelines where !names.insert(pipeline.name).inserted {
      throw .sameName(pipeline.name)
    }
    if let circle = Self.circle(in: pipelines) { throw .cycle(circle) }
  }

  /// Runs everything until the task is cancelled.
  ///
  /// A pipeline that fails ends alone: its state tells why, the others go on.
  ///
  /// - Parameter report: Hears of each pipeline that fails; called from any thread.
  public func run(report: @escaping @Sendable (String) -> Void = { _ in }) async {
    await withTaskGroup(of: Void.self) { group in
      for pipeline in pipelines {
        group.addTask {
          do {
            try await pipeline.run(report: report)
          } catch is CancellationError {
            // The engine ends.
          } catch {
            report("pipeline \(pipeline.name) has failed and stands still: \(error)")
          }
        }
      }
      for source in sources {
        // A source ends by cancellation or when the machine gives it nothing to read.
        group.addTask { try? await source() }
      }
      group.addTask { await self.openTables(report) }
      group.addTask { await self.sweepTopics() }
    }
  }

  /// Reads the tables that are stored, so that nobody who asks for them waits; one that can't be read is
  /// tried again when somebody asks.
  private func openTables(_ report: @Sendable (String) -> Void) async {
    for topic in topics.all where topic.isDurable {
      do throws(TableError) { _ = try await topic.openRows() } catch { report("\(error)") }
    }
  }

  /// Forgets unused topics, once a minute.
  private func sweepTopics() async {
    while !Task.isCancelled {
      topics.sweep()
      // Cancelled sleep ends the loop above.
      try? await Task.sleep(for: .seconds(60))
    }
  }

  /// The names of topics that lead back to themselves.
  private static func circle(in pipelines: [any RunnablePipeline]) -> [String]? {
    for pipeline in pipelines {
      var path = [pipeline.inputName]
      if follow(pipeline.outputName, to: pipeline.inputName, pipelines, &path) { return path }
    }
    return nil
  }

  private static func follow(
    _ topic: String,
    to goal: String,
    _ pipelines: [any RunnablePipeline],
    _ path: inout [String]
  ) -> Bool {
    if path.dropFirst().contains(topic) { return false }
    path.append(topic)
    if topic == goal { return true }
    for pipeline in pipelines where pipeline.inputName == topic {
      if follow(pipeline.outputName, to: goal, pipelines, &path) { return true }
    }
    path.removeLast()
    return false
  }
}
