// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

/// What the machine does between two readings: the data of a `system.sample` event.
struct MachineSample: Equatable, Sendable {
  /// Bytes per second in both directions.
  struct Rate: Equatable, Sendable {
    var inward: Double
    var outward: Double
  }

  /// The share of the processors' time spent with work, 0 to 1.
  var processor: Double
  /// How memory is used at the second reading.
  var memory: MemoryUse
  /// The load at the second reading.
  var load: LoadAverages
  /// Read and written.
  var disk: Rate
  /// Received and sent.
  var network: Rate
  /// How many processes run at the second reading.
  var processCount: Int

  /// Compares two readings.
  init(from earlier: MachineReading, to later: MachineReading) {
    // A rate over less than a millisecond means nothing.
    let milliseconds = max(1, later.instant.milliseconds - earlier.instant.milliseconds)
    let seconds = Double(milliseconds) / 1_000
    processor = later.processor.busyFraction(since: earlier.processor)
    memory = later.memory
    load = later.load
    disk = Rate(later.disk.bytes(since: earlier.disk), seconds: seconds)
    network = Rate(later.network.bytes(since: earlier.network), seconds: seconds)
    processCount = later.processes.count
  }

  /// The sample as JSON.
  var data: [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.name("cpu")
    json.value(processor.roundedToTenThousandths)
    json.name("memory")
    json.value(memory.fraction.roundedToTenThousandths)
    json.name("memoryUsed")
    json.value(memory.usedBytes)
    json.name("memoryTotal")
    json.value(memory.totalBytes)
    json.name("load1")
    json.value(load.oneMinute)
    json.name("load5")
    json.value(load.fiveMinutes)
    json.name("load15")
    json.value(load.fifteenMinutes)
    json.rate("disk", disk, "readBytesPerSecond", "writeBytesPerSecond")
    json.rate("network", network, "receivedBytesPerSecond", "sentBytesPerSecond")
    json.name("processes")
    json.value(processCount)
    json.endObject()
    return json.bytes
  }
}

extension MachineSample.Rate {
  init(_ bytes: TransferCounters.Bytes, seconds: Double) {
    inward = Double(bytes.inward) / seconds
    outward = Double(bytes.outward) / seconds
  }
}

extension JSONWriter {
  fileprivate mutating func rate(
    _ name: String,
    _ rate: MachineSample.Rate,
    _ inward: String,
    _ outward: String
  ) {
    self.name(name)
    beginObject()
    self.name(inward)
    value(rate.inward.rounded())
    self.name(outward)
    value(rate.outward.rounded())
    endObject()
  }
}

extension Double {
  /// Four digits after the point: what a chart can show.
  var roundedToTenThousandths: Double { (self * 10_000).rounded() / 10_000 }
}
