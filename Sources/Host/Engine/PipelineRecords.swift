// SPDX-License-Identifier: Apache-2.0
import Codecs
import Operators
import Streams

/// What `requests.rate` says of one window.
struct RequestRate: Encodable {
  let start: Int64
  let end: Int64
  let count: Int
  let bytes: Int
  let byStatus: [String: Int]
  let revision: Int
  let isFinal: Bool

  init(_ window: WindowResult<NoKey, (Int, Int, FrequencyTable<Int>)>) {
    start = window.start.milliseconds
    end = window.end.milliseconds
    (count, bytes) = (window.value.0, window.value.1)
    byStatus = Dictionary(
      uniqueKeysWithValues: window.value.2.counts.map { (String($0.key), $0.value) }
    )
    revision = window.revision
    isFinal = window.isFinal
  }
}

/// What `requests.top` says of one window.
struct TopPaths: Encodable {
  struct Path: Encodable {
    let path: String
    let count: Int
  }

  struct Total: Encodable {
    let count: Int
    let isExact: Bool
    let top: [Path]
  }

  let start: Int64
  let end: Int64
  let top: [Path]
  let total: Total
  let revision: Int
  let isFinal: Bool

  init(_ window: WindowResult<NoKey, Ranking<String>>) {
    start = window.start.milliseconds
    end = window.end.milliseconds
    top = Self.paths(window.value)
    let all = window.total ?? window.value
    total = Total(count: all.count, isExact: all.others == 0, top: Self.paths(all))
    revision = window.revision
    isFinal = window.isFinal
  }

  private static func paths(_ ranking: Ranking<String>) -> [Path] {
    ranking.top.map { Path(path: $0.value, count: $0.count) }
  }
}

/// What `requests.visitors` says of one window.
struct Visitors: Encodable {
  let start: Int64
  let end: Int64
  let distinct: Int
  let total: Int
  let isExact: Bool
  let revision: Int
  let isFinal: Bool

  init(_ window: WindowResult<NoKey, DistinctCount>) {
    start = window.start.milliseconds
    end = window.end.milliseconds
    distinct = window.value.count
    total = window.total?.count ?? window.value.count
    isExact = window.value.isExact && window.total?.isExact ?? true
    revision = window.revision
    isFinal = window.isFinal
  }
}

/// What `system.load` says of one instant.
struct MachineLoad: Encodable {
  let time: Int64
  let cpu: Double
  let memory: Double
  let memoryUsed: Int
  let memoryTotal: Int

  init?(_ event: Event, appended: Timestamp) {
    guard event.format == .json else { return nil }
    let data = JSONView(validated: event.data, range: event.data.indices)
    guard let cpu = data["cpu"]?.double, let memory = data["memory"]?.double,
      let memoryUsed = data["memoryUsed"]?.int, let memoryTotal = data["memoryTotal"]?.int
    else { return nil }
    time = (event.time ?? appended).milliseconds
    self.cpu = cpu
    self.memory = memory
    self.memoryUsed = memoryUsed
    self.memoryTotal = memoryTotal
  }
}
