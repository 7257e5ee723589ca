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

func flow(_ requests: Topic<Request>) {
  // expect: cannot convert value of type 'Int' to expected argument type 'Duration'
  _ = requests.flow().throttle(for: 100)
}
