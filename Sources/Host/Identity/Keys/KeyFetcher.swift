// SPDX-License-Identifier: Apache-2.0
import Codecs
public import Transport

/// Gets key sets from servers.
public protocol KeyFetcher: Sendable {
  /// Asks once; it returns in bounded time, and its failure holds no secret.
  func fetch(_ url: String) async -> Result<[UInt8], KeyFetchFailure>
}

/// Why a server gave no key set.
public enum KeyFetchFailure: Error, Equatable, Sendable, CustomStringConvertible {
  /// It answered with another status than 200; redirects are not followed.
  case status(Int)
  /// It did not answer as it must.
  case transfer(HTTPClient.Failure)

  /// What happened.
  public var description: String {
    switch self {
    case .status(let status): "it answered with status \(status)"
    case .transfer(let failure): failure.description
    }
  }
}

/// Gets key sets over HTTP, from an event loop that is its own.
public final class HTTPKeyFetcher: KeyFetcher {
  private let loop: EventLoop
  private let client: HTTPClient
  private let agent: String

  /// Starts a loop.
  ///
  /// - Parameters:
  ///   - agent: What the field `User-Agent` says.
  ///   - configuration: Limits and deadlines.
  /// - Throws: `SystemError` when there is no descriptor or thread left, `HTTPClient.Failure` for a
  ///   libcurl that is too old.
  public init(
    agent: String,
    configuration: HTTPClient.Configuration = HTTPKeyFetcher.configuration
  ) throws {
    self.agent = agent
    loop = try EventLoop(name: "weir-keys")
    client = try HTTPClient(loop: loop, configuration: configuration)
    try loop.start()
  }

  /// Limits and deadlines for key sets: an answer within 10 s, of at most 256 KiB, from any
  /// address.
  public static var configuration: HTTPClient.Configuration {
    var configuration = HTTPClient.Configuration()
    configuration.maximumConnectionCount = KeySource.maximumCount
    configuration.maximumResponseBodyBytes = JSONWebKeySet.maximumBytes
    configuration.deadlines = .init(
      connect: .seconds(5),
      firstByte: .seconds(10),
      whole: .seconds(10)
    )
    return configuration
  }

  /// Asks once, within the configuration's deadlines.
  public func fetch(_ url: String) async -> Result<[UInt8], KeyFetchFailure> {
    let request = HTTPClient.Request(
      url,
      fields: [
        .init("Accept", "application/jwk-set+json, application/json"), .init("User-Agent", agent),
      ]
    )
    do throws(HTTPClient.Failure) {
      let response = try await client.send(request)
      return response.status == 200 ? .success(response.body) : .failure(.status(response.status))
    } catch {
      return .failure(.transfer(error))
    }
  }

  /// Ends all requests and the loop; blocks until it has ended.
  public func close() async {
    await client.close()
    loop.stop()
    loop.join()
  }

  /// Whether keys may come from a URL: over TLS, or from this very machine.
  static func allows(_ url: String) -> Bool {
    guard let destination = try? HTTPDestination(url) else { return false }
    return destination.isHTTPS || destination.address?.isLoopback == true
  }
}
