// SPDX-License-Identifier: Apache-2.0
public import Codecs
public import Streams

/// What a derived topic consists of and what each of its stages has let through, and why not more.
public struct DerivedTopicStatus: Sendable {
  /// The derived topic's name.
  public let name: String
  /// The topic that it is made of.
  public let source: String
  /// The epoch that its clients are told.
  public let epoch: String
  /// The chain as the first of its clients wrote it: JSON text without blanks.
  public let chain: [UInt8]
  /// How many read it.
  public let readerCount: Int
  /// Whether it is being rebuilt.
  public let isCatchingUp: Bool
  /// The newest offset; 0 if there is none.
  public let lastOffset: Offset
  /// What its pipeline has counted.
  public let pipeline: PipelineStatistics

  /// What went into the first stage.
  public var received: UInt64 { pipeline.source.received }

  /// A flowchart for Mermaid, with the number of events on each arrow.
  public var mermaid: String { pipeline.plan.mermaid(into: name) }

  /// What each part has let through, for a person to read; see ``FlowPlan/explanation``.
  public var text: String { pipeline.plan.explanation }

  /// Writes it as a JSON object.
  ///
  /// `{"name","source","epoch","chain","state","readers","isCatchingUp","lastOffset","watermark",
  /// "received","behind","ahead","missed","stages":[{"stage":1,"operator":"filter","in","out", and
  /// what else it has counted}]}`
  public func write(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.member("name", name)
    writer.member("source", source)
    writer.member("epoch", epoch)
    writer.name("chain")
    writer.raw(chain)
    writer.member("state", pipeline.state.name)
    writer.name("readers")
    writer.value(readerCount)
    writer.member("isCatchingUp", isCatchingUp)
    writer.member("lastOffset", lastOffset)
    writer.name("watermark")
    if pipeline.watermark == .distantPast || pipeline.watermark == .never {
      writer.null()
    } else {
      writer.value(RFC3339.format(milliseconds: pipeline.watermark.milliseconds))
    }
    writer.member("received", pipeline.source.received)
    writer.member("behind", pipeline.source.behind)
    writer.member("ahead", pipeline.source.ahead)
    writer.member("missed", pipeline.source.missed)
    writer.name("stages")
    writer.beginArray()
    for stage in pipeline.stages { write(stage, to: &writer) }
    writer.endArray()
    writer.endObject()
  }

  /// A stage, named by its number in the chain and its operator.
  private func write(_ stage: StageStatistics, to writer: inout JSONWriter) {
    let parts = stage.name.split(separator: " ", maxSplits: 1)
    writer.beginObject()
    if parts.count == 2, let number = Int(parts[0]) {
      writer.name("stage")
      writer.value(number)
    }
    writer.member("operator", String(parts.last ?? ""))
    for counter in stage.counters { writer.member(counter.name, counter.value) }
    writer.endObject()
  }
}

extension DerivedTopics {
  /// What all derived topics do, by name.
  public var all: [DerivedTopicStatus] {
    table.withLock { table in table.records.values.map { Self.status($0) } }
      .sorted { $0.name < $1.name }
  }

  /// What the derived topic does that a subscription has; `nil` once that has ended.
  public func status(of topic: Topic<Event>) -> DerivedTopicStatus? {
    table.withLock { table in
      table.records.values.first { $0.derived.topic === topic }
        .map { Self.status($0) }
    }
  }

  /// What the derived topic does whose clients were told that epoch; `nil` if there is none.
  public func status(ofEpoch epoch: String) -> DerivedTopicStatus? {
    table.withLock { table in
      table.records.values.first { $0.derived.epochText == epoch }.map { Self.status($0) }
    }
  }

  private static func status(_ record: DerivedTable.Record) -> DerivedTopicStatus {
    let derived = record.derived
    return DerivedTopicStatus(
      name: derived.topic.name,
      source: derived.source.name,
      epoch: derived.epochText,
      chain: derived.key.plan.text,
      readerCount: record.readers.count,
      isCatchingUp: record.isCatchingUp,
      lastOffset: derived.topic.end.next - 1,
      pipeline: derived.pipeline.statistics
    )
  }
}
