// SPDX-License-Identifier: Apache-2.0

extension HTTPClient {
  /// What a client has done since it began, and what it holds.
  public struct Statistics: Equatable, Sendable {
    /// Requests under way now.
    public internal(set) var activeCount = 0
    /// Lookups of names that go on though their requests were given up.
    public internal(set) var abandonedLookupCount = 0
    /// Requests that wait now.
    public internal(set) var waitingCount = 0
    /// Bytes of bodies of requests that wait now.
    public internal(set) var waitingBytes = 0
    /// Most requests that ever waited at once.
    public internal(set) var peakWaitingCount = 0
    /// Requests that left the queue.
    public internal(set) var startedCount = 0
    /// Requests that got a response, whatever its status.
    public internal(set) var answeredCount = 0
    /// Requests that failed otherwise than below.
    public internal(set) var failedCount = 0
    /// Requests that a deadline ended.
    public internal(set) var timedOutCount = 0
    /// Requests whose task was cancelled.
    public internal(set) var cancelledCount = 0
    /// Requests that found the queue full, or were dropped from it.
    public internal(set) var queueFullCount = 0
    /// Requests that went to no allowed address.
    public internal(set) var refusedAddressCount = 0
    /// Responses on a connection that was open already.
    public internal(set) var reusedConnectionCount = 0
    /// Connections that were begun.
    public internal(set) var openedConnectionCount = 0

    mutating func note(_ result: Result<Response, Failure>) {
      switch result {
      case .success(let response):
        answeredCount += 1
        if response.isOnReusedConnection { reusedConnectionCount += 1 }
      case .failure(.timeout): timedOutCount += 1
      case .failure(.cancelled): cancelledCount += 1
      case .failure(.queueFull): queueFullCount += 1
      case .failure(.refusedAddress): refusedAddressCount += 1
      case .failure: failedCount += 1
      }
    }
  }
}
