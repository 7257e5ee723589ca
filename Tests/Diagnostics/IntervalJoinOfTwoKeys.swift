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

@Sendable func isNew(_ request: Request) async -> Bool { request.bytes > 0 }

func flow(_ requests: Topic<Request>, _ out: Topic<Request>) {
  // expect: must be of one type
  _ = requests.flow().join(
    requests.flow(),
    on: \.region,
    equals: \.bytes,
    within: .zero ... .seconds(1),
    at: \.time,
    \.time
  )
}
