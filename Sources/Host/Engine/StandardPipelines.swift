// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams

/// The pipelines that every server runs: copy one to write your own.
struct StandardPipelines {
  let topics: TopicDirectory
  let settings: PipelineSettings

  func make() throws -> [any RunnablePipeline] {
    let access = try topics.topic("access")
    let requests = access.flow(
      from: .earliest,
      watermarks: .bounded(by: settings.watermarkBound)
    ).compactMap { event, appended in AccessRequest(event, appended: appended) }

    // Requests and bytes in windows of ten seconds, in all and by status.
    let rate =
      requests
      .window(.tumbling(.seconds(10)), at: \.time, lateness: settings.lateness)
      .aggregate {
        Count()
        Sum(of: \.bytes)
        Frequencies(of: \.status)
      }
      .map { window in Event(RequestRate(window), type: "window", time: window.time) }

    // The ten most requested paths of a sliding minute, and of all time.
    let top =
      requests
      .window(
        .sliding(.seconds(60), every: .seconds(10)),
        at: \.time,
        lateness: settings.lateness
      )
      .withTotal()
      .aggregate { TopK(10, of: \.path, upTo: 50_000) }
      .map { window in Event(TopPaths(window), type: "window", time: window.time) }

    // Different client addresses in windows of ten seconds, and of all time.
    let visitors =
      requests
      .window(.tumbling(.seconds(10)), at: \.time, lateness: settings.lateness)
      .withTotal()
      .aggregate { Distinct(of: \.client, upTo: 250_000) }
      .map { window in Event(Visitors(window), type: "window", time: window.time) }

    // CPU and memory of this machine, at most twice a second.
    let load =
      try topics.topic("system").flow(from: .earliest)
      .filter { $0.type == "system.sample" }
      .throttle(for: .milliseconds(500), keeping: .both)
      .compactMap { event, appended in MachineLoad(event, appended: appended) }
      .map { load in Event(load, type: "load") }

    return [
      rate.pipeline("requests.rate", into: try topics.topic("requests.rate")),
      top.pipeline("requests.top", into: try topics.topic("requests.top")),
      visitors.pipeline("requests.visitors", into: try topics.topic("requests.visitors")),
      load.pipeline("system.load", into: try topics.topic("system.load")),
    ]
  }
}

/// What the standard pipelines may be told.
public struct PipelineSettings: Sendable {
  /// How much earlier than the newest request one may be without being behind.
  ///
  /// Default 60 s.
  public var watermarkBound: Duration = .seconds(60)
  /// How long after its end a window still takes requests and fires again.
  ///
  /// Default not at all.
  public var lateness: Duration = .zero

  /// Makes the default settings.
  public init() {}
}
