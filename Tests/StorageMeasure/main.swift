// SPDX-License-Identifier: Apache-2.0
// Measures the store on this machine: durable publishes a second beside raw SQLite with the same
// batches, in alternating runs, and reads beside a plain loop over the same rows.
//
// Usage: storage-measure DIRECTORY [SECONDS-PER-RUN] [ROUNDS]
import Foundation
import Storage
import Streams

let arguments = CommandLine.arguments
guard arguments.count >= 2 else {
  print("usage: storage-measure DIRECTORY [SECONDS-PER-RUN] [ROUNDS]")
  exit(2)
}
let seconds = arguments.count > 2 ? Double(arguments[2]) ?? 2 : 2
let rounds = arguments.count > 3 ? Int(arguments[3]) ?? 5 : 5

print("durable publishes of one event of 128 bytes, a second; medians of \(rounds) runs")
for synchronous in [Synchronous.full, .normal] {
  for publishers in [1, 16, 256] {
    try await comparePublishing(
      in: arguments[1],
      publishers: publishers,
      synchronous,
      seconds: seconds,
      rounds: rounds
    )
  }
}
try await compareReading(in: arguments[1], rounds: rounds)
try await measureState(in: arguments[1])
