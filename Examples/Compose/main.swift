// SPDX-License-Identifier: Apache-2.0
import Glibc
import Weir

/// One sale, as publishers send it into topic `sales`.
struct Sale: Sendable {
  let time: Timestamp
  let region: String

  init?(_ event: Event, appended: Timestamp) {
    guard event.type == "sale", let region = event.subject else { return nil }
    self.region = region
    time = event.time ?? appended
  }
}

/// What topic `sales.rate` says of one region and window.
struct SalesRate: Encodable {
  let region: String
  let end: Int64
  let count: Int
}

let status = await ServerProcess.main { topics in
  let sales = try topics.topic("sales")
  let rate =
    sales
    .flow(from: .earliest, watermarks: .bounded(by: .seconds(5)))
    .compactMap { event, appended in Sale(event, appended: appended) }
    .window(.tumbling(.seconds(10)), by: \.region, at: \.time)
    .aggregate { Count() }
    .map { window in
      Event(
        SalesRate(region: window.key, end: window.end.milliseconds, count: window.value),
        type: "window",
        subject: window.key,
        time: window.time
      )
    }
  return [rate.pipeline("sales.rate", into: try topics.topic("sales.rate"))]
}
exit(status)
