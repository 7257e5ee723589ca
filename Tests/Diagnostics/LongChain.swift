// SPDX-License-Identifier: Apache-2.0
// Not compiled with the tests: script/check-diagnostics looks at what the compiler says of it.
import Operators
import Streams

struct Request: Sendable {
  let path: String
  let region: String
  let bytes: Int
  let time: Timestamp
}

// Nothing is wrong with this one: it must be checked in under a second.
func flow(_ requests: Topic<Request>) -> some AsyncSequence {
  requests.flow(from: .earliest, watermarks: .bounded(by: .seconds(5), at: \.time))
    .filter { $0.bytes > 0 }
    .map { ($0.region, $0.bytes, $0.time) }
    .filter { $0.0 != "none" }
    .compactMap { region, bytes, time in region.isEmpty ? nil : (region, bytes * 2, time) }
    .map { (region: $0.0, bytes: $0.1 + 1, time: $0.2) }
    .throttle(for: .milliseconds(10), by: { $0.region }, keeping: .both)
    .window(.tumbling(.seconds(1)), by: { $0.region }, at: { $0.time })
    .aggregate {
      Count()
      Sum(of: { $0.bytes })
    }
    .map { (key: $0.key, count: $0.value.0, bytes: $0.value.1, time: $0.time) }
    .filter { $0.count > 1 }
    .scan(0) { $0 += $1.bytes }
    .map { "\($0) bytes" }
    .filter { !$0.isEmpty }
}
