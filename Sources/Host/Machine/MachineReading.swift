// SPDX-License-Identifier: Apache-2.0
import Streams

/// All counters of the machine at one instant.
struct MachineReading: Sendable {
  /// When it was, by the clock that stamps events.
  var time: Timestamp
  /// When it was, by a clock that is never set; only differences mean something.
  var instant: Timestamp
  var processor: ProcessorTimes
  var memory: MemoryUse
  var load: LoadAverages
  var disk: TransferCounters
  var network: TransferCounters
  /// All processes that run, without the kernel's own threads.
  var processes: [ProcessRecord]

  /// Reads the machine; `nil` when `/proc` does not tell of processors, memory or load.
  init?(_ files: some MachineFiles, at time: Timestamp, instant: Timestamp) {
    guard let processor = files.text(of: "stat").flatMap(ProcessorTimes.init(stat:)),
      let memory = files.text(of: "meminfo").flatMap(MemoryUse.init(meminfo:)),
      let load = files.text(of: "loadavg").flatMap(LoadAverages.init(loadavg:))
    else { return nil }
    self.time = time
    self.instant = instant
    self.processor = processor
    self.memory = memory
    self.load = load
    // A container may hide these two; their rates are 0 then.
    disk = TransferCounters(diskstats: files.text(of: "diskstats") ?? [])
    network = TransferCounters(netdev: files.text(of: "net/dev") ?? [])
    processes = files.processNumbers.compactMap { number in
      // A process may be gone between the listing and here.
      guard let record = files.text(of: "\(number)/stat").flatMap(ProcessRecord.init(stat:)),
        !record.isKernelThread, !record.isOver
      else { return nil }
      return record
    }
  }
}
