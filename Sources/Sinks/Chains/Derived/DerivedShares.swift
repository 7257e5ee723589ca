// SPDX-License-Identifier: Apache-2.0

/// Which derived topics each client reads, so that none takes more than its share of what all have.
///
/// One that it shares with others counts for each of them: whoever leaves last is not known before.
struct DerivedShares {
  private struct Share {
    /// How often the client reads each.
    var readings: [DerivedTopic.Key: Int] = [:]
    var stateBytes = 0
  }

  private var shares: [ClientKey: Share] = [:]

  /// Why a client may not read one more; `nil` if it may, or reads that one already, or has no share:
  /// then it is trusted.
  func refusal(
    of key: DerivedTopic.Key,
    for client: ClientKey?,
    _ settings: DerivedTopicSettings
  ) -> DerivedRefusal? {
    guard let client else { return nil }
    let share = shares[client] ?? Share()
    if share.readings[key] != nil { return nil }
    if share.readings.count >= settings.maximumTopicsOfClient {
      return .tooManyOfClient(limit: settings.maximumTopicsOfClient)
    }
    if share.stateBytes + key.plan.cost.stateBytes > settings.maximumStateBytesOfClient {
      return .tooMuchStateOfClient(limit: settings.maximumStateBytesOfClient)
    }
    return nil
  }

  mutating func add(_ key: DerivedTopic.Key, of client: ClientKey?) {
    guard let client else { return }
    var share = shares[client] ?? Share()
    if share.readings[key] == nil { share.stateBytes += key.plan.cost.stateBytes }
    share.readings[key, default: 0] += 1
    shares[client] = share
  }

  mutating func remove(_ key: DerivedTopic.Key, of client: ClientKey?) {
    guard let client, var share = shares.removeValue(forKey: client),
      let count = share.readings[key]
    else { return }
    share.readings[key] = count > 1 ? count - 1 : nil
    if count == 1 { share.stateBytes -= key.plan.cost.stateBytes }
    if !share.readings.isEmpty { shares[client] = share }
  }
}
