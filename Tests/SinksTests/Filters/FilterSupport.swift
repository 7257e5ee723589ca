// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

@testable import Sinks

/// What an expression says of an event.
func outcome(
  _ expression: String,
  _ event: Event,
  limits: FilterLimits = .init()
) throws(FilterViolation) -> FilterOutcome {
  var evaluator = FilterEvaluator()
  return evaluator.evaluate(try EventFilter(expression: expression, limits: limits), event)
}

/// The violation that an expression is refused with.
func violation(_ expression: String, limits: FilterLimits = .init()) -> FilterViolation? {
  do throws(FilterViolation) {
    _ = try EventFilter(expression: expression, limits: limits)
    return nil
  } catch {
    return error
  }
}

/// A tag filter of some JSON.
func tagFilter(_ json: String, limits: FilterLimits = .init()) throws -> EventFilter {
  try EventFilter(
    tagFilter: try JSONView.parse(Array(json.utf8), limits: .init(maximumDepth: 512)),
    limits: limits
  )
}

/// An event that has a bit of everything.
let sample = Event(
  data: Array(
    #"""
    {"amount":150,"price":99.5,"big":9007199254740993,"region":"eu-west","name":"Zo\u00eb \"Z\" \ud83d\ude00",
     "ok":true,"no":false,"nothing":null,"list":[1,"two",3.0,null,[4],{"five":5}],"empty":[],
     "deep":{"er":{"est":"found"},"a.b":1},"em":{},"neg":-7,"exp":1.5e2,"long":0.30000000000000004}
    """#.utf8
  ),
  type: "purchase",
  subject: "order-7",
  time: 1_767_225_600_000,
  id: "e1",
  tags: ["ticker": "GOOG", "count": "100", "price": "120.0", "empty": ""]
)
