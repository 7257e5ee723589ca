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
  // expect: value of type 'WindowedFlow
  _ = requests.flow().window(.tumbling(.seconds(1)), at: \.time).map { $0 }
}
