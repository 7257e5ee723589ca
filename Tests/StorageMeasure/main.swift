// SPDX-License-Identifier: Apache-2.0
// Measures the store on this machine: durable publishes a second beside raw SQLite with the same
// batches, in alternating runs; reads beside a plain loop over the same rows; a large checkpoint.
//
// Usage: storage-measure DIRECTORY [SECONDS-PER-RUN] [ROUNDS] [full|normal|read|state] [CALLERS]
import Foundation
import Storage
import Streams

let arguments = CommandLine.arguments
guard arguments.count >= 2 else {
  print("usage: storage-measure DIRECTORY [SECONDS-PER-RUN] [ROUNDS] [PART] [CALLERS]")
  exit(2)
}
let directory = arguments[1]
let seconds = arguments.count > 2 ? Double(arguments[2]) ?? 2 : 2
let rounds = arguments.count > 3 ? Int(arguments[3]) ?? 5 : 5
let part = arguments.count > 4 ? arguments[4] : nil
let callers = arguments.count > 5 ? [Int(arguments[5]) ?? 1] : [1, 16, 256]

for synchronous in [Synchronous.full, .normal] where part == nil || part == "\(synchronous)" {
  print("publishes of one event of 128 bytes a second, \(synchronous); medians of \(rounds) runs")
  for publishers in callers {
    try await comparePublishing(
      in: directory,
      publishers: publishers,
      synchronous,
      seconds: seconds,
      rounds: rounds
    )
  }
}
if part == nil || part == "read" { try await compareReading(in: directory, rounds: rounds) }
if part == nil || part == "state" { try await measureState(in: directory, rounds: rounds) }
