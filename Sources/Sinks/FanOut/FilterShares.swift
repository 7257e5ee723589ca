// SPDX-License-Identifier: Apache-2.0

/// What the filters of each client may cost of those that one topic has on one event loop, so that none
/// takes what is there for all.
///
/// A filter counts for each client that has it, also where equal ones are evaluated once.
struct FilterShares {
  /// What a filter, or the filters of a client, may cost.
  private struct Cost {
    var members = 0
    var steps = 0
    var passes = 0
    var texts = 0

    init() {}

    init(_ filter: EventFilter) {
      members = 1
      texts = filter.equality?.texts.count ?? 0
      if filter.equality?.isAll == true { return }
      (steps, passes) = (filter.cost.steps, filter.cost.passes)
    }

    static func + (left: Cost, right: Cost) -> Cost {
      var sum = left
      sum.members += right.members
      sum.steps += right.steps
      sum.passes += right.passes
      sum.texts += right.texts
      return sum
    }

    static func - (left: Cost, right: Cost) -> Cost {
      var rest = left
      rest.members -= right.members
      rest.steps -= right.steps
      rest.passes -= right.passes
      rest.texts -= right.texts
      return rest
    }
  }

  private var costs: [ClientKey: Cost] = [:]
  /// By the numbers of readers.
  private var owners: [Int: (client: ClientKey, cost: Cost)] = [:]

  /// Why a client may not have one more; `nil` if it may, or is trusted and has no share.
  func refusal(
    of filter: EventFilter,
    for client: ClientKey?,
    _ limits: FilterSetLimits
  ) -> FilterSetError? {
    guard let client else { return nil }
    let sum = (costs[client] ?? Cost()) + Cost(filter)
    let part = limits.clientPart
    if sum.members > max(1, limits.maximumMembers / part) {
      return .tooManyOfClient(limit: limits.maximumMembers / part, .subscriptions)
    }
    if sum.steps > limits.maximumSteps / part {
      return .tooManyOfClient(limit: limits.maximumSteps / part, .steps)
    }
    if sum.passes > limits.maximumPasses / part {
      return .tooManyOfClient(limit: limits.maximumPasses / part, .passes)
    }
    if sum.texts > limits.maximumIndexedTexts / part {
      return .tooManyOfClient(limit: limits.maximumIndexedTexts / part, .texts)
    }
    return nil
  }

  mutating func add(_ filter: EventFilter, of client: ClientKey?, _ number: Int) {
    guard let client else { return }
    let cost = Cost(filter)
    costs[client] = (costs[client] ?? Cost()) + cost
    owners[number] = (client, cost)
  }

  mutating func remove(_ number: Int) {
    guard let (client, cost) = owners.removeValue(forKey: number), let sum = costs[client] else {
      return
    }
    costs[client] = sum.members > 1 ? sum - cost : nil
  }
}
