// SPDX-License-Identifier: Apache-2.0

extension HTTPClient {
  /// How far a request was when its time ran out.
  public enum Phase: Equatable, Sendable {
    /// It waited in the client's queue: for a connection, or for lookups that were given up to end.
    case queued
    /// It looked the name up, connected, or set TLS up.
    case connecting
    /// It was sent, or being sent, and no answer had begun.
    case firstByte
    /// The answer had begun.
    case body
  }

  /// What TLS failed at.
  public enum TLSFault: Equatable, Sendable {
    /// The server's certificate is of nobody who is trusted, or it has expired.
    case untrustedCertificate
    /// The server's certificate is for another name.
    case wrongName
    /// No common ground was found, or the peer speaks no TLS.
    case handshake
    /// The client's own file of trusted certificates can't be read.
    case certificateAuthoritiesFile
  }

  /// Which part of a response was too large.
  public enum ResponsePart: Equatable, Sendable {
    /// The header fields, with the trailers.
    case head
    /// The body.
    case body
  }

  /// Who can do something about a failure.
  public enum Blame: Equatable, Sendable {
    /// The program that called.
    case caller
    /// This machine or its configuration.
    case machine
    /// The way to the server: another try may succeed.
    case network
    /// The server.
    case server
  }

  /// Why a request has no response.
  ///
  /// It never holds a URL, a field or a body.
  public enum Failure: Error, Equatable, Sendable {
    /// The request can't be sent as it is.
    case invalidRequest(RequestFault)
    /// The queue is full of requests that wait.
    case queueFull
    /// The task was cancelled. What the server had got by then, it may have acted on.
    case cancelled
    /// The client was closed, or its loop has ended.
    case closed
    /// The libcurl of this machine can't serve an event loop.
    case unsupportedLibrary(String)
    /// This machine has no memory or descriptor left; the number is libcurl's code.
    case exhausted(code: Int)
    /// The host's name has no address.
    case unknownHost
    /// The policy forbids the address; nothing was sent.
    case refusedAddress(SocketAddress)
    /// No connection could be made; with the kernel's reason where it gave one.
    case connect(SystemError?)
    /// TLS could not be set up; with the words of the library, which name no secrets.
    case tls(TLSFault, detail: String)
    /// A deadline passed.
    case timeout(Phase)
    /// The connection broke before the response was whole.
    case connectionLost
    /// The server does not speak HTTP as it must.
    case malformedResponse
    /// The response exceeds a limit; no more of it was read.
    case responseTooLarge(ResponsePart, limitBytes: Int)
    /// The server points elsewhere more often than the request allows.
    case tooManyRedirects(limit: Int)
    /// The server points to a URL that is not followed: of another scheme, or from HTTPS to HTTP.
    case forbiddenRedirect
    /// Something else; the number is libcurl's code.
    case other(code: Int)

    /// Who can do something about it.
    public var blame: Blame {
      switch self {
      case .invalidRequest, .queueFull, .cancelled, .closed, .refusedAddress: .caller
      case .unsupportedLibrary, .exhausted, .other, .timeout(.queued),
        .tls(.certificateAuthoritiesFile, _):
        .machine
      case .unknownHost, .connect, .connectionLost, .timeout(.connecting): .network
      case .tls, .timeout, .malformedResponse, .responseTooLarge, .tooManyRedirects,
        .forbiddenRedirect:
        .server
      }
    }
  }
}

extension HTTPClient.Failure: CustomStringConvertible {
  /// What happened, in words for a person.
  public var description: String {
    switch self {
    case .invalidRequest(let fault): "the request can't be sent: \(fault)"
    case .queueFull: "too many requests wait"
    case .cancelled: "the request was cancelled"
    case .closed: "the client was closed"
    case .unsupportedLibrary(let reason): reason
    case .exhausted(let code): "this machine has no memory or descriptor left (curl \(code))"
    case .unknownHost: "the host's name has no address"
    case .refusedAddress(let address): "connecting to \(address) is not allowed"
    case .connect(let reason): reason?.description ?? "no connection could be made"
    case .tls(let fault, let detail): "TLS failed (\(fault)): \(detail)"
    case .timeout(let phase): "a deadline passed (\(phase))"
    case .connectionLost: "the connection broke before the response was whole"
    case .malformedResponse: "the server does not speak HTTP as it must"
    case .responseTooLarge(let part, let limit):
      "the \(part) of the response exceeds \(limit) bytes"
    case .tooManyRedirects(let limit): "more than \(limit) redirects"
    case .forbiddenRedirect: "the server redirects to a URL that is not followed"
    case .other(let code): "the request failed (curl \(code))"
    }
  }
}
