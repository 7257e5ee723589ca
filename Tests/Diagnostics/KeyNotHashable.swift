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

struct Region: Sendable {}

func flow(_ requests: Topic<Request>) {
  // expect: requires that 'Region' conform to 'Hashable'
  _ = requests.flow().throttle(for: .seconds(1), by: { _ in Region() })
}
