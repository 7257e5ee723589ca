// SPDX-License-Identifier: Apache-2.0
import Codecs
import Operators

extension ChainPlan {
  /// All that says what comes out, in one order, with durations in milliseconds.
  static func form(of stages: [Numbered]) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.name("version")
    writer.value(version)
    writer.name("pipe")
    writer.beginArray()
    for numbered in stages {
      writer.beginArray()
      writer.value(numbered.stage.name)
      numbered.stage.write(to: &writer)
      writer.endArray()
    }
    writer.endArray()
    writer.endObject()
    return writer.bytes
  }
}

extension ChainStage {
  fileprivate func write(to writer: inout JSONWriter) {
    switch self {
    case .filter(let filter): writer.value(filter.canonicalForm)
    case .select(let outputs):
      for output in outputs {
        writer.value(output.name)
        switch output.value {
        case .field(let field): field.write(to: &writer)
        case .literal(let text):
          writer.beginObject()
          writer.name("literal")
          writer.raw(text)
          writer.endObject()
        }
      }
    case .throttle(let pace, let keeping):
      pace.write(to: &writer)
      writer.value(keeping.word)
    case .debounce(let pace, let maximumWait):
      pace.write(to: &writer)
      writer.write(maximumWait)
    case .sample(let pace): pace.write(to: &writer)
    case .latest(let latest):
      latest.key.write(to: &writer)
      writer.write(latest.interval)
      latest.keys.write(to: &writer)
    case .distinct(let distinct):
      distinct.key.write(to: &writer)
      writer.write(distinct.interval)
      writer.value(distinct.keys)
    case .limit(let count): writer.value(count)
    case .rate(let rate):
      writer.value(rate.count)
      rate.pace.write(to: &writer)
    case .window(let window, let measures):
      window.write(to: &writer)
      for measure in measures { measure.write(to: &writer) }
    }
  }
}

extension ChainKeys {
  fileprivate func write(to writer: inout JSONWriter) {
    writer.value(count)
    writer.value(overflow.rawValue)
  }
}

extension ChainPace {
  fileprivate func write(to writer: inout JSONWriter) {
    writer.value(interval)
    writer.write(key)
    keys.write(to: &writer)
  }
}

extension ChainWindow {
  fileprivate func write(to writer: inout JSONWriter) {
    switch kind {
    case .tumbling(let size):
      writer.value("tumbling")
      writer.value(size)
    case .sliding(let size, let every):
      writer.value("sliding")
      writer.value(size)
      writer.value(every)
    case .session(let gap):
      writer.value("session")
      writer.value(gap)
    case .count(let size, let every):
      writer.value("count")
      writer.value(size)
      writer.value(every)
    case .global: writer.value("global")
    }
    writer.write(key)
    writer.value(isByEventTime)
    writer.value(lateness)
    switch early {
    case nil: writer.null()
    case .count(let count): writer.value("\(count)")
    case .every(let interval): writer.value(interval)
    }
    keys.write(to: &writer)
    writer.value(disorder)
    writer.write(silence)
  }
}

extension ChainMeasure {
  fileprivate func write(to writer: inout JSONWriter) {
    writer.value(name)
    switch kind {
    case .quantile(let fractions, let isList):
      writer.value(isList ? "quantiles" : "quantile")
      for fraction in fractions { writer.value(fraction) }
    case .histogram(let boundaries):
      writer.value("histogram")
      for boundary in boundaries { writer.value(boundary) }
    case .distinct(let limit): writer.write("distinct", limit)
    case .topk(let count, let limit): writer.write("topk", count, limit)
    case .heavyHitters(let count, let entries): writer.write("heavyHitters", count, entries)
    case .collect(let limit): writer.write("collect", limit)
    case .count: writer.value("count")
    case .sum: writer.value("sum")
    case .mean: writer.value("mean")
    case .min: writer.value("min")
    case .max: writer.value("max")
    case .variance: writer.value("variance")
    case .deviation: writer.value("deviation")
    case .first: writer.value("first")
    case .last: writer.value("last")
    case .earliest: writer.value("earliest")
    case .latest: writer.value("latest")
    case .approximateDistinct: writer.value("approximateDistinct")
    }
    writer.write(field)
  }
}

extension ThrottleKeeping {
  fileprivate var word: String {
    switch self {
    case .first: "leading"
    case .latest: "latest"
    case .both: "both"
    }
  }
}

extension JSONWriter {
  fileprivate mutating func write(_ name: String, _ numbers: Int...) {
    value(name)
    for number in numbers { value(number) }
  }

  fileprivate mutating func write(_ number: Int64?) {
    if let number { value(number) } else { null() }
  }

  fileprivate mutating func write(_ field: ChainField?) {
    if let field { field.write(to: &self) } else { null() }
  }
}
