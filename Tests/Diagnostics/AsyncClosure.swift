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

@Sendable func country(of region: String) async throws -> String { region }

func flow(_ requests: Topic<Request>, _ countries: Topic<String>) {
  // expect: use mapAsync
  _ = requests.flow().map { try await country(of: $0.region) }.pipeline("p", into: countries)
}
