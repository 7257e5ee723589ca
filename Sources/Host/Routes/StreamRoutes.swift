// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams

/// Opens WebSockets.
enum WebSocketRoute {
  static func answer(_ context: RequestContext) throws(Problem) -> Answer {
    do {
      let key = try WebSocketHandshake.validate(context.head)
      let offered = WebSocketHandshake.subprotocols(of: context.head)
      // JSON is spoken with whoever names nothing that is known.
      let named = [WireForm.json, .protobuf].first { offered.contains($0.subprotocol) }
      let compression = try PermessageDeflateSettings().accept(context.head)
      let topics = context.target.values(of: "topic")
      if !topics.isEmpty, named == .protobuf { return .response(Self.topicsInProtobuf.response) }
      let opening = WebSocketOpening(
        key: key,
        form: named ?? .json,
        isNamed: named != nil,
        token: CallerCheck.token(context.head.fields) ?? "",
        compression: compression,
        topics: topics
      )
      return .webSocket(opening)
    } catch {
      let problem = Problem(
        error.suggestedStatus,
        "No WebSocket",
        error.description,
        remedy: "connect with a WebSocket client (RFC 6455)"
      )
      var response = problem.response
      if error.suggestedStatus == 426 {
        for field in WebSocketHandshake.upgradeRequiredFields {
          response.fields.append(field.name, field.value)
        }
      }
      return .response(response)
    }
  }
}

extension WebSocketRoute {
  /// Who speaks Protobuf has a library, which sends commands.
  private static var topicsInProtobuf: Problem {
    Problem(
      400,
      "Topics in the address",
      "a WebSocket whose address names topics speaks JSON",
      remedy: "leave out the subprotocol 'centrifuge-protobuf', or subscribe by commands",
      field: "topic"
    )
  }
}

/// Opens event streams.
enum EventStreamRoute {
  /// The head of an event stream: it has no length and ends with the connection.
  static func head(_ request: EventStreamRequest) -> HTTPResponseHead {
    var fields: HTTPFields = [
      "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store",
      "Connection": "close", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff",
    ]
    if let coding = request.coding {
      fields.append("Vary", "Accept-Encoding")
      if let value = coding.fieldValue { fields.append("Content-Encoding", value) }
    }
    for field in request.crossOrigin { fields.append(field.name, field.value) }
    return HTTPResponseHead(status: 200, fields: fields)
  }

  /// What is answered to who asks for the head alone: that of the stream, which is not opened.
  static func headAnswer(_ request: EventStreamRequest) -> HTTPResponse {
    var response = HTTPResponse(200)
    // Every answer gets the others when it is sent.
    let others = ["Connection", "X-Content-Type-Options"]
    for field in head(request).fields where !others.contains(field.name) {
      response.fields.append(field.name, field.value)
    }
    (response.isNegotiated, response.hasLength) = (true, false)
    return response
  }

  static func request(
    _ context: RequestContext,
    topics directory: TopicDirectory,
    settings: EventStreamSettings
  ) throws(Problem) -> EventStreamRequest {
    if try context.query("filter") != nil {
      throw Problem(
        400,
        "Unknown filter",
        "an event stream is not filtered by 'filter'",
        remedy: #"use pipe=[{"filter":"tags.region == 'eu'"}], or tf, percent-encoded"#,
        field: "filter"
      )
    }
    let topics = try topics(context, directory, most: settings.maximumTopics)
    return EventStreamRequest(
      sources: topics.map {
        EventStreamSource($0, showsPast: context.caller.may(.history, on: $0.name))
      },
      resume: try resumePoint(context),
      filter: try tagFilter(context),
      isEnveloped: try isEnveloped(context),
      identity: context.caller.identity,
      client: context.caller.client(context.reply),
      coding: settings.compresses ? HTTPResponse.coding(for: context.head) : nil
    )
  }

  private static func topics(
    _ context: RequestContext,
    _ directory: TopicDirectory,
    most: Int
  ) throws(Problem) -> [Topic<Event>] {
    let names = context.target.values(of: "topic")
    guard (1...most).contains(names.count) else {
      throw Problem(
        400,
        "Bad topics",
        "the stream has \(names.count) topics",
        remedy: "name 1 to \(most): ?topic=a&topic=b",
        field: "topic"
      )
    }
    let hasChain = try context.query("pipe") != nil
    guard ResumePoint.longestText(topics: names, hasChain) <= EventStreamLimits.idBytes else {
      throw Problem(
        400,
        "Bad topics",
        "the places in so many topics exceed the \(EventStreamLimits.idBytes) bytes of an 'id:'",
        remedy: "spread the topics over several streams",
        field: "topic"
      )
    }
    guard Set(names).count == names.count else {
      throw Problem(
        400,
        "Bad topics",
        "a topic is named twice",
        remedy: "name each topic once",
        field: "topic"
      )
    }
    var topics: [Topic<Event>] = []
    for name in names {
      try context.caller.check(.subscribe, on: name)
      do throws(TopicDirectory.Refusal) { topics.append(try directory.topic(name)) } catch {
        throw Problem(error)
      }
    }
    return topics
  }

  /// The browser's own `Last-Event-ID` is newer than the `after` of the page's address.
  private static func resumePoint(_ context: RequestContext) throws(Problem) -> ResumePoint {
    let header = context.head.fields["Last-Event-ID"].flatMap { $0.isEmpty ? nil : $0 }
    let field = header == nil ? "after" : "Last-Event-ID"
    let after = try context.query("after")
    guard let text = header ?? after else { return ResumePoint() }
    do throws(ResumeViolation) {
      return try ResumePoint.parse(text)
    } catch {
      throw Problem(
        400,
        "Bad resume point",
        error.description,
        remedy: "send the last 'id:' of the stream unchanged, or leave it out",
        field: field
      )
    }
  }

  /// Which events are wanted, by their tags.
  private static func tagFilter(_ context: RequestContext) throws(Problem) -> EventFilter? {
    guard let text = try context.query("tf") else { return nil }
    let remedy = #"send a node such as {"key":"region","cmp":"eq","val":"eu"}, percent-encoded"#
    let view: JSONView
    do throws(JSONViolation) { view = try JSONView.parse(Array(text.utf8)) } catch {
      throw Problem(400, "Bad filter", "'tf' is not JSON: \(error)", remedy: remedy, field: "tf")
    }
    do throws(FilterViolation) {
      return try EventFilter(tagFilter: view, limits: FilterLimits())
    } catch {
      throw Problem(400, "Bad filter", "\(error)", remedy: remedy, field: "tf")
    }
  }

  private static func isEnveloped(_ context: RequestContext) throws(Problem) -> Bool {
    guard let envelope = try context.query("envelope") else { return false }
    guard envelope == "cloudevents" else {
      throw Problem(
        400,
        "Bad envelope",
        "'envelope' is '\(envelope)'",
        remedy: "use cloudevents, or leave it out",
        field: "envelope"
      )
    }
    return true
  }
}

/// Sizes of an event stream.
enum EventStreamLimits {
  /// Bytes of the longest `id:`; clients send it back in a header field, whose limit is 8 KiB.
  static let idBytes = 8_000
}

extension ResumePoint {
  /// The most bytes that the places in these topics can take as text.
  fileprivate static func longestText(topics: [String], _ hasChain: Bool) -> Int {
    let epoch = "\(Epoch(rawValue: .max))"
    let longest = topics.map {
      // That of a chain's results says where they begin, too.
      Position(topic: $0, epoch: hasChain ? "\(epoch)~\(epoch)" : epoch, offset: .max)
    }
    return ResumePoint(longest).text.utf8.count
  }
}
