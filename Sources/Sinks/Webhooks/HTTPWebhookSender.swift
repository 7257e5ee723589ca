// SPDX-License-Identifier: Apache-2.0
public import Transport

/// Sends messages over HTTP, from an event loop that is its own.
///
/// Nobody waits for anybody: there are as many connections as webhooks may be. Two clients keep apart who may
/// reach private addresses, and judge each address when it is connected to.
public final class HTTPWebhookSender: WebhookSender {
  private let loop: EventLoop
  private let publicClient: HTTPClient
  private let privateClient: HTTPClient
  private let agent: HTTPClient.Field

  /// Starts a loop.
  ///
  /// - Parameters:
  ///   - agent: What the field `User-Agent` says.
  ///   - configuration: Limits and deadlines; the addresses in it do not count.
  /// - Throws: `SystemError` when there is no descriptor or thread left, ``HTTPClient/Failure`` for a libcurl that is
  ///   too old.
  public init(
    agent: String,
    configuration: HTTPClient.Configuration = HTTPWebhookSender.configuration
  ) throws {
    self.agent = HTTPClient.Field("User-Agent", agent)
    let loop = try EventLoop(name: "weir-webhooks")
    self.loop = loop
    func client(allowsPrivate: Bool) throws -> HTTPClient {
      var configuration = configuration
      configuration.addresses = WebhookRequest.policy(allowsPrivate: allowsPrivate)
      return try HTTPClient(loop: loop, configuration: configuration)
    }
    publicClient = try client(allowsPrivate: false)
    privateClient = try client(allowsPrivate: true)
    try loop.start()
  }

  /// Sends a message once; see ``WebhookSender/send(_:)``.
  public func send(
    _ message: WebhookMessage
  ) async -> Result<WebhookAnswer, HTTPClient.Failure> {
    var request = HTTPClient.Request(message.url, method: "POST", body: message.body)
    request.fields = message.fields + [agent]
    do throws(HTTPClient.Failure) {
      let client = message.allowsPrivate ? privateClient : publicClient
      let response = try await client.send(request)
      return .success(
        WebhookAnswer(status: response.status, retryAfter: response["Retry-After"])
      )
    } catch {
      return .failure(error)
    }
  }

  /// Ends all requests and the loop; blocks until it has ended.
  public func close() async {
    await publicClient.close()
    await privateClient.close()
    loop.stop()
    loop.join()
  }
}

extension HTTPWebhookSender {
  /// Limits and deadlines for webhooks.
  public static var configuration: HTTPClient.Configuration {
    var configuration = HTTPClient.Configuration()
    configuration.maximumConnectionCount = WebhookLimits.count
    configuration.maximumConnectionsPerHost = WebhookLimits.count
    configuration.maximumStreamsPerHost = WebhookLimits.count
    configuration.maximumAbandonedLookupCount = WebhookLimits.count
    configuration.maximumResponseBodyBytes = WebhookLimits.responseBytes
    configuration.deadlines = WebhookLimits.deadlines
    return configuration
  }
}
