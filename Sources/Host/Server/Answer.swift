// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams

/// What a route does with a request; what is rare and large in it lies elsewhere.
enum Answer {
  /// It is answered at once.
  case response(HTTPResponse)
  /// It is answered once the body is there, up to a number of bytes.
  case collect(limit: Int, then: any WholeBody)
  /// Its body is taken as it comes.
  case stream(any BodyIntake)
  /// It is answered later, when a publish that is held back was stored.
  case held(Topic<Event>, HeldTicket)
  /// It is answered later, when something was read from disk.
  case later
  /// It is answered later, unless nobody waits for it any more: then that is called.
  case waiting(whenGone: @Sendable () -> Void)
  /// The connection becomes a WebSocket.
  indirect case webSocket(WebSocketOpening)
  /// The response is an event stream.
  indirect case eventStream(EventStreamRequest)
}

/// What the answer to a WebSocket handshake needs.
struct WebSocketOpening {
  var key: String
  var form: WireForm
  /// Whether the client has named the protocol.
  var isNamed: Bool
  /// What stands in `Authorization`; empty for nothing.
  var token: String
  var compression: PermessageDeflate?
  /// The topics that the address names.
  var topics: [String]
}

/// What an event stream shows.
struct EventStreamRequest {
  var sources: [EventStreamSource]
  var resume: ResumePoint
  /// Which events are wanted, by their tags; `nil` for all.
  var filter: EventFilter?
  var isEnveloped: Bool
  /// Whose stream it is; `nil` where nobody is told apart.
  var identity: ClientIdentity?
  /// Whose share of what all have it counts for; `nil` for those who are trusted.
  var client: ClientKey?
  /// How it is coded, as the client likes it best; `nil` where streams are never compressed.
  var coding: HTTPContentCoding?
  /// Lets a page of another origin read it.
  var crossOrigin: HTTPFields = [:]
}

/// Answers a request once its body is whole.
protocol WholeBody: AnyObject {
  /// Does what the request is for.
  ///
  /// - Parameters:
  ///   - body: The whole body.
  ///   - reply: Where the answer goes if it comes later.
  /// - Returns: The answer, or that it comes later.
  func answer(_ body: [UInt8], replyingTo reply: Router.ReplyAddress) -> Answer
  /// Whether it may answer another request with the same head, for which nothing is looked at anew.
  var isReusable: Bool { get }
}

extension WholeBody {
  var isReusable: Bool { false }
}

/// Takes a request's body piece by piece and answers at the end, or before.
protocol BodyIntake: AnyObject {
  /// Bytes that it holds of the body.
  var heldBytes: Int { get }
  /// Takes a piece of the body.
  func receive(_ bytes: ArraySlice<UInt8>) -> IntakeStep
  /// Hears that the body is whole.
  func finish() -> IntakeStep
  /// Goes on after a pause.
  func resume() -> IntakeStep
  /// Ends before the body does, for a reason of the server's; answers with what was stored.
  ///
  /// While that is not known yet it pauses, and answers when it is resumed.
  func interrupt(_ reason: Problem) -> IntakeStep
  /// Whether it pauses for a disk, which may take for ever.
  var awaitsDisk: Bool { get }
  /// Ends without knowing what becomes of what a disk was handed; answers with what was stored before.
  func abandon(_ reason: Problem) -> HTTPResponse
  /// Hears that the client is gone.
  func cancel()
}

/// What an intake wants next.
enum IntakeStep {
  /// More of the body.
  case more
  /// Nothing, until ``BodyIntake/resume()`` was called: a slow consumer holds it back.
  case pause
  /// To answer; what is left of the body is of no interest.
  case answer(HTTPResponse)
}
