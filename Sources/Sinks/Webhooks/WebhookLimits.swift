// SPDX-License-Identifier: Apache-2.0
import Storage
public import Transport

/// Bounds of webhooks.
public enum WebhookLimits {
  /// The most webhooks.
  public static let count = StorageLimits.webhooks
  /// The largest body of an answer, in bytes: nobody reads it.
  public static let responseBytes = 64 << 10
  /// The largest body of a message, in bytes; larger events are given up at once.
  public static let messageBytes = HTTPClient.Configuration().maximumRequestBodyBytes
  /// Until when an attempt must be how far.
  public static let deadlines = HTTPClient.Deadlines(
    connect: .seconds(5),
    firstByte: .seconds(15),
    whole: .seconds(20)
  )
}
