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

final class Seen {
  var count = 0
}

func flow(_ requests: Topic<Request>, _ seen: Seen) {
  // expect: capture of 'seen' with non-Sendable type 'Seen'
  _ = requests.flow().filter { _ in seen.count > 0 }
}
