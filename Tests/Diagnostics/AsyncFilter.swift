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
  // expect: use mapAsync, then filter
  _ = requests.flow().filter { await isNew($0) }.pipeline("p", into: out)
}
