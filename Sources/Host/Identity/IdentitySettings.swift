// SPDX-License-Identifier: Apache-2.0
import Streams

/// How a server knows who its clients are, as its configuration says it.
public struct IdentitySettings: Equatable, Sendable {
  /// Where keys come from, one at least.
  public var sources: [KeySource]
  /// What tokens must say.
  public var policy: TokenPolicy

  /// Says how.
  public init(sources: [KeySource], policy: TokenPolicy = TokenPolicy()) {
    (self.sources, self.policy) = (sources, policy)
  }
}
