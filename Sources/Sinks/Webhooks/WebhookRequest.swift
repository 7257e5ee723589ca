// SPDX-License-Identifier: Apache-2.0
public import Storage
public import Transport

/// What somebody wants a webhook to be.
public struct WebhookRequest: Hashable, Sendable {
  /// Where events go.
  public var url: String
  /// Whose events.
  public var topic: String
  /// The key as ``WebhookKey`` writes it; `nil` for one that is made.
  public var secret: WebhookSecretText?
  /// Whether the URL may lead to loopback and private addresses.
  public var allowsPrivate: Bool

  /// Asks for a webhook.
  public init(
    url: String,
    topic: String,
    secret: WebhookSecretText? = nil,
    allowsPrivate: Bool = false
  ) {
    (self.url, self.topic, self.secret, self.allowsPrivate) = (url, topic, secret, allowsPrivate)
  }

  /// The URL as it is stored.
  func checkedURL() throws(WebhookRefusal) -> String {
    let destination: HTTPDestination
    do throws(HTTPClient.RequestFault) {
      destination = try HTTPDestination(url)
    } catch {
      throw .url(error)
    }
    guard destination.url.utf8.count <= StorageLimits.webhookURLBytes else {
      throw .url(.malformedURL)
    }
    let policy = Self.policy(allowsPrivate: allowsPrivate)
    if !destination.isAllowed(by: policy) { throw .address(destination.host) }
    return destination.url
  }

  /// The addresses that a webhook may lead to.
  static func policy(allowsPrivate: Bool) -> AddressPolicy {
    allowsPrivate ? .publicOrPrivate : .publicInternet
  }

  func checkedKey() throws(WebhookRefusal) -> WebhookKey {
    guard let secret else { return .make() }
    guard let key = WebhookKey(secret.text) else { throw .secret }
    return key
  }

  /// A name that no other webhook has.
  static func makeID() -> String { "wh_" + hexadecimal(SecureRandom.bytes(8)) }
}

/// A key as somebody wrote it; whatever prints it prints something else.
public struct WebhookSecretText: Hashable, Sendable {
  /// The text.
  public let text: String

  /// Keeps a text.
  public init(_ text: String) {
    self.text = text
  }
}

extension WebhookSecretText: CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// Not the key.
  public var description: String { "(secret)" }
  /// Not the key.
  public var debugDescription: String { "(secret)" }
  /// Not the key.
  public var customMirror: Mirror { Mirror(self, children: []) }
}

/// A webhook that was made.
public struct AddedWebhook: Hashable, Sendable {
  /// As it is stored.
  public let webhook: StoredWebhook
  /// Its key, if it was made; nobody is told again.
  public let madeKey: WebhookKey?
}

/// Why a webhook was not made.
public enum WebhookRefusal: Error, Equatable, Sendable {
  /// No client would send to the URL, or it is longer than 2 KiB.
  case url(HTTPClient.RequestFault)
  /// The URL leads to an address that is not allowed.
  case address(String)
  /// The key is not `whsec_` and the base 64 of 24 to 64 bytes.
  case secret
  /// The topic can't be read; says why.
  case topic(String)
  /// It could not be stored.
  case store(StorageError)
}
