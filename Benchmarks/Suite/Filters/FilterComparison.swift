// SPDX-License-Identifier: Apache-2.0
import BenchmarkKit
import Codecs
import Sinks
import Streams

/// One condition, as a filter and by hand.
struct FilterComparison: Sendable {
  let name: String
  /// How much more the filter may cost.
  let bound: Double
  let filter: @Sendable () throws -> EventFilter
  let condition: @Sendable (Event) -> Bool

  static let all = [tagEquality, tags, expressionOfTags, attribute, data, places]

  func byHand(passes: Int) -> Variant {
    Variant("\(name), by hand", count: passes * FilterEvents.all.count) {
      let (events, condition) = (FilterEvents.all, opaque(condition))
      return await Elapsed.by {
        var count = 0
        for _ in 0..<passes {
          for event in events where condition(event) { count += 1 }
        }
        precondition(opaque(count) == passes * FilterEvents.matching, "half of the events match")
      }
    }
  }

  func compiled(passes: Int) throws -> Variant {
    let filter = try filter()
    return Variant(name, count: passes * FilterEvents.all.count) {
      let (events, filter) = (FilterEvents.all, opaque(filter))
      var evaluator = FilterEvaluator()
      return await Elapsed.by {
        var count = 0
        for _ in 0..<passes {
          for event in events where evaluator.evaluate(filter, event) == .matched { count += 1 }
        }
        precondition(opaque(count) == passes * FilterEvents.matching, "half of the events match")
      }
    }
  }

  private static func tagFilter(_ json: String) throws -> EventFilter {
    try EventFilter(tagFilter: try JSONView.parse(Array(json.utf8)))
  }

  private static let tagEquality = FilterComparison(
    name: "a tag filter: equality",
    bound: 3,
    filter: { try tagFilter(#"{"key":"ticker","cmp":"eq","val":"GOOG"}"#) },
    condition: { $0.tags["ticker"] == "GOOG" }
  )

  private static let tags = FilterComparison(
    name: "a tag filter: two numbers and a part of a text",
    bound: 3,
    filter: {
      try tagFilter(
        #"""
        {"op":"and","nodes":[{"key":"count","cmp":"gt","val":"42"},
        {"key":"price","cmp":"gte","val":"99.5"},{"key":"ticker","cmp":"ct","val":"GOO"}]}
        """#
      )
    },
    condition: { event in
      let tags = event.tags
      guard let count = tags["count"].flatMap({ Double($0) }), count > 42,
        let price = tags["price"].flatMap({ Double($0) }), price >= 99.5,
        let ticker = tags["ticker"]
      else { return false }
      return contains(ticker, "GOO")
    }
  )

  private static let expressionOfTags = FilterComparison(
    name: "an expression: two numbers and a part of a text, of tags",
    bound: 10,
    filter: {
      try EventFilter(
        expression: #"int(tags["count"]) > 42 && double(tags["price"]) >= 99.5"#
          + #" && tags["ticker"].contains("GOO")"#
      )
    },
    condition: { event in
      let tags = event.tags
      guard let count = tags["count"].flatMap({ Int($0) }), count > 42,
        let price = tags["price"].flatMap({ Double($0) }), price >= 99.5,
        let ticker = tags["ticker"]
      else { return false }
      return contains(ticker, "GOO")
    }
  )

  private static let attribute = FilterComparison(
    name: "an expression: the type and a tag",
    bound: 10,
    filter: { try EventFilter(expression: "type == 'purchase' && tags.ticker == 'GOOG'") },
    condition: { $0.type == "purchase" && $0.tags["ticker"] == "GOOG" }
  )

  private static let data = FilterComparison(
    name: "an expression: the type and a number in the data",
    bound: 10,
    filter: { try EventFilter(expression: "type == 'purchase' && data.amount > 100") },
    condition: { event in
      guard event.type == "purchase", let data = JSONView(validated: event.data) else {
        return false
      }
      return data["amount"]?.double.map { $0 > 100 } ?? false
    }
  )

  private static let places = FilterComparison(
    name: "an expression: three places in the data",
    bound: 10,
    filter: {
      try EventFilter(
        expression: "data.region == 'eu-west' && data.user.age >= 18 && data.items[1].price < 50.0"
      )
    },
    condition: { event in
      guard let data = JSONView(validated: event.data), data["region"]?.string == "eu-west",
        let age = data["user"]?["age"]?.double, age >= 18, let items = data["items"]?.elements,
        items.count > 1, let price = items[1]["price"]?.double
      else { return false }
      return price < 50
    }
  )

  /// Whether some bytes of UTF-8 are in others; quicker than the library's search for texts this short.
  private static func contains(_ text: String, _ part: String) -> Bool {
    let (bytes, wanted) = (text.utf8.span, part.utf8.span)
    guard bytes.count >= wanted.count else { return false }
    search: for start in 0...(bytes.count - wanted.count) {
      for offset in wanted.indices where bytes[start + offset] != wanted[offset] { continue search }
      return true
    }
    return false
  }
}

/// The events of the benchmark, every second of which all conditions let through.
enum FilterEvents {
  static let matching = all.count / 2

  static let all = (0..<64).map { number in
    let matches = number.isMultiple(of: 2)
    let data = #"""
      {"order":"o-\#(number)","amount":\#(matches ? 150 : 50),"currency":"EUR","region":"\#(matches ? "eu-west" : "eu-east")",\#
      "user":{"name":"Zo\u00eb","age":\#(18 + number % 50),"city":"Zürich"},\#
      "items":[{"sku":"a","price":9.5},{"sku":"b","price":\#(number % 50).25}],"note":"as always"}
      """#
    return Event(
      data: Array(data.utf8),
      type: "purchase",
      tags: [
        "ticker": matches ? "GOOG" : "AAPL", "count": "\(matches ? 100 : 10)", "price": "120.0",
        "user": "user-\(number * 100)",
      ]
    )
  }
}
