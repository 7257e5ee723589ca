// SPDX-License-Identifier: Apache-2.0
import Codecs

/// What a client may ask for in the `data` of a subscription.
enum SubscriptionData {
  static let names = ["pipe", "overrun", "gaps", "table"]

  /// Refuses what would be without effect, which its client would not notice.
  static func check(_ data: JSONView?) throws(ProtocolError) {
    guard let data, !data.isNull else { return }
    guard data.kind == .object else {
      throw .badRequest(#"a subscription's 'data' is not an object such as {"pipe":[…]}"#)
    }
    try data.forEachMember { (name, _) throws(ProtocolError) in
      if names.contains(name) { return }
      let near = nearestName(to: name, among: names).map { "did you mean '\($0)'? It" } ?? "it"
      throw .badRequest(
        "a subscription's 'data' has no member '\(name)'; \(near) has "
          + names.joined(separator: ", ")
      )
    }
    if let gaps = data["gaps"], gaps.bool == nil {
      throw .badRequest("'gaps' in a subscription's data is neither true nor false")
    }
  }
}
