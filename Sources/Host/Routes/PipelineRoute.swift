// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams

/// The pipelines: what they read and write, and what they have counted.
struct PipelineRoute {
  let engine: Engine

  var response: HTTPResponse {
    .json { writer in
      writer.beginObject()
      writer.name("pipelines")
      writer.beginArray()
      for pipeline in engine.pipelines { Self.write(pipeline, to: &writer) }
      writer.endArray()
      writer.endObject()
    }
  }

  private static func write(_ pipeline: any RunnablePipeline, to writer: inout JSONWriter) {
    let statistics = pipeline.statistics
    writer.beginObject()
    writer.member("name", pipeline.name)
    writer.member("input", pipeline.inputName)
    writer.member("output", pipeline.outputName)
    writer.member("state", statistics.state.name)
    if case .failed(let reason) = statistics.state { writer.member("error", reason) }
    writer.member("heldBack", statistics.isHeldBack)
    if let reason = statistics.waitsFor { writer.member("waitsFor", reason) }
    switch statistics.checkpoints {
    case .none: break
    case .active(let start): writer.member("checkpoints", start.rawValue)
    case .impossible(let reason): writer.member("checkpointsMissing", reason)
    }
    writer.name("watermark")
    if statistics.watermark > .distantPast, statistics.watermark < .never {
      writer.value(statistics.watermark.milliseconds)
    } else {
      writer.null()
    }
    writer.name("counters")
    writer.beginObject()
    writer.member("in", statistics.source.received)
    writer.member("out", statistics.written)
    writer.member("late", statistics.total("late"))
    writer.member("behind", statistics.source.behind)
    writer.member("missed", statistics.source.missed)
    writer.endObject()
    writer.name("stages")
    writer.beginArray()
    for stage in statistics.stages { write(stage, to: &writer) }
    writer.endArray()
    writer.endObject()
  }

  private static func write(_ stage: StageStatistics, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.member("name", stage.name)
    writer.name("counters")
    writer.beginObject()
    for counter in stage.counters { writer.member(counter.name, counter.value) }
    writer.endObject()
    writer.endObject()
  }
}
