// SPDX-License-Identifier: Apache-2.0
import Codecs
import Operators
import Streams

extension ChainMeasure {
  /// The aggregate over rows whose field of that number is what it is of.
  func part(of field: Int) -> any ChainPart {
    let hasNumber: @Sendable (ChainRow) -> Bool = { $0.fields[field].number != nil }
    let takesContainers = takesContainers
    let hasValue: @Sendable (ChainRow) -> Bool = {
      switch $0.fields[field] {
      case .missing: false
      case .container: takesContainers
      case .bool, .int, .double, .text: true
      }
    }
    // Only asked where there is one.
    let number: @Sendable (ChainRow) -> ChainNumber = { $0.fields[field].number ?? .zero }
    let value: @Sendable (ChainRow) -> ChainValue = { $0.fields[field] }
    let time: @Sendable (ChainRow) -> Timestamp = { $0.time }
    switch kind {
    case .count:
      let all: @Sendable (ChainRow) -> Bool = { _ in true }
      return MeasuredPart(Count(), where: self.field == nil ? all : hasValue) { $1.value($0) }
    case .sum: return MeasuredPart(Sum(of: number), where: hasNumber) { $1.write($0) }
    case .mean: return MeasuredPart(Mean(of: number), where: hasNumber) { $1.write($0) }
    case .min: return MeasuredPart(Min(of: number), where: hasNumber) { $1.write($0) }
    case .max: return MeasuredPart(Max(of: number), where: hasNumber) { $1.write($0) }
    case .variance:
      return MeasuredPart(Variance(of: number), where: hasNumber) { $1.write($0.sample) }
    case .deviation:
      return MeasuredPart(Variance(of: number), where: hasNumber) { $1.write($0.deviation) }
    case .first: return MeasuredPart(First(of: value), where: hasValue) { $1.write($0) }
    case .last: return MeasuredPart(Last(of: value), where: hasValue) { $1.write($0) }
    case .earliest:
      return MeasuredPart(Earliest(of: value, at: time), where: hasValue) { $1.write($0) }
    case .latest:
      return MeasuredPart(Latest(of: value, at: time), where: hasValue) { $1.write($0) }
    case .quantile(let fractions, let isList):
      let limit = ChainMeasure.quantileBuckets
      let quantiles = Quantiles(of: number, at: fractions, bucketLimit: limit)
      return MeasuredPart(quantiles, where: hasNumber) { $1.write($0, isList: isList) }
    case .distinct(let limit):
      return MeasuredPart(Distinct(of: value, upTo: limit), where: hasValue) { $1.write($0) }
    case .approximateDistinct:
      return MeasuredPart(ApproximateDistinct(of: value), where: hasValue) { $1.write($0) }
    case .topk(let count, let limit):
      return MeasuredPart(TopK(count, of: value, upTo: limit), where: hasValue) { $1.write($0) }
    case .heavyHitters(let count, let entries):
      let hitters = HeavyHitters(count, of: value, entries: entries)
      return MeasuredPart(hitters, where: hasValue) { $1.write($0) }
    case .histogram(let boundaries):
      let histogram = Histogram(of: { number($0).asDouble }, boundaries: boundaries)
      return MeasuredPart(histogram, where: hasNumber) { $1.write($0) }
    case .collect(let limit):
      return MeasuredPart(Collect(of: value, upTo: limit), where: hasValue) { $1.write($0) }
    }
  }
}

// Results as they are written.
extension JSONWriter {
  fileprivate mutating func write(_ number: ChainNumber?) {
    switch number {
    case nil: null()
    case .int(let int): value(int)
    case .double(let double): value(double)
    }
  }

  fileprivate mutating func write(_ number: Double?) {
    if let number { value(number) } else { null() }
  }

  fileprivate mutating func write(_ value: ChainValue?) {
    if let value { value.write(to: &self) } else { null() }
  }

  fileprivate mutating func write(_ quantiles: QuantileEstimates, isList: Bool) {
    guard isList else { return write(quantiles.values.first) }
    beginArray()
    for index in quantiles.fractions.indices {
      write(quantiles.values.isEmpty ? nil : quantiles.values[index])
    }
    endArray()
  }

  fileprivate mutating func write(_ count: DistinctCount) {
    beginObject()
    name("count")
    value(count.count)
    name("isExact")
    value(count.isExact)
    endObject()
  }

  fileprivate mutating func write(_ estimate: DistinctEstimate) {
    beginObject()
    name("count")
    value(estimate.count)
    name("standardError")
    value(estimate.standardError)
    endObject()
  }

  fileprivate mutating func write(_ ranking: Ranking<ChainValue>) {
    beginObject()
    name("top")
    beginArray()
    for ranked in ranking.top {
      beginObject()
      name("value")
      ranked.value.write(to: &self)
      name("count")
      value(ranked.count)
      endObject()
    }
    endArray()
    name("others")
    value(ranking.others)
    endObject()
  }

  fileprivate mutating func write(_ ranking: HeavyHitterRanking<ChainValue>) {
    beginObject()
    name("top")
    beginArray()
    for hitter in ranking.top {
      beginObject()
      name("value")
      hitter.value.write(to: &self)
      name("count")
      value(hitter.count)
      name("error")
      value(hitter.error)
      endObject()
    }
    endArray()
    name("otherwiseAtMost")
    value(ranking.otherwiseAtMost)
    endObject()
  }

  fileprivate mutating func write(_ histogram: HistogramCounts<Double>) {
    beginArray()
    for count in histogram.counts { value(count) }
    endArray()
  }

  fileprivate mutating func write(_ collected: Collected<ChainValue>) {
    beginObject()
    name("values")
    beginArray()
    for value in collected.values { value.write(to: &self) }
    endArray()
    name("dropped")
    value(collected.dropped)
    endObject()
  }
}
