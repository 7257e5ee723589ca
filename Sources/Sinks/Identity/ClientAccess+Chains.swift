// SPDX-License-Identifier: Apache-2.0
import Codecs

extension ClientAccess {
  /// Bounds on the client's chains: everybody's, as far as its token does not lower them by
  /// `chain_cost`, `chain_keys` and `chain_bytes`.
  public var chainLimits: ChainLimits {
    var limits = ChainLimits()
    limits.maximumCost = min(limits.maximumCost, identity.limits["chain_cost"] ?? .max)
    limits.maximumKeys = min(limits.maximumKeys, identity.limits["chain_keys"] ?? .max)
    limits.maximumStateBytes = min(
      limits.maximumStateBytes,
      identity.limits["chain_bytes"] ?? .max
    )
    return limits
  }

  /// Reads a chain within these bounds.
  func plan(_ chain: JSONView) throws(ProtocolError) -> ChainPlan {
    do throws(ChainViolation) { return try ChainPlan(chain, limits: chainLimits) } catch {
      throw .badRequest("\(error)")
    }
  }
}
