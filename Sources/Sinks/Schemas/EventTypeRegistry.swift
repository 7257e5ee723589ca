// SPDX-License-Identifier: Apache-2.0
public import Codecs
public import Streams

/// The types of events that a server knows, each with what its data must look like, if that is said.
public struct EventTypeRegistry: Sendable {
  /// One type.
  public struct EventType: Sendable {
    /// What it is for, for people.
    public let summary: String
    /// What its data must look like; `nil` for anything.
    public let schema: EventSchema?
  }

  /// What is done with a type that the registry does not know.
  public enum UnknownTypes: Sendable {
    /// Its data may be anything.
    case allowed
    /// It is refused.
    case refused
  }

  /// The types by name.
  public private(set) var types: [String: EventType]

  /// The types that are known without a configuration; their data may be anything.
  public static let builtIn: KeyValuePairs<String, String> = [
    "research_task_completed": "A research task has ended with its findings.",
    "prospect_added": "A prospect was added to a list.",
    "outreach_sent": "A message was sent to a prospect.",
    "content_published": "A piece of content went public.",
    "automation_execution": "An automation ran, well or not.",
  ]

  /// Makes a registry of the types that are known without a configuration.
  public init() {
    types = [:]
    for (name, summary) in Self.builtIn { types[name] = EventType(summary: summary, schema: nil) }
  }

  /// Makes a registry of these and those of a configuration, which come first.
  ///
  /// - Parameters:
  ///   - json: By name, an object with a `schema` and a `summary`, both optional:
  ///     `{"prospect_added":{"summary":"…","schema":{"type":"object"}}}`.
  ///   - limits: What is allowed.
  /// - Throws: ``SchemaViolation``, whose pointer leads through `json`.
  public init(json: JSONView, limits: SchemaLimits = .init()) throws(SchemaViolation) {
    self.init()
    guard json.kind == .object else {
      throw SchemaViolation(
        pointer: "",
        problem: "an object of event types is expected",
        remedy: "write {\"prospect_added\":{\"schema\":{…}}}"
      )
    }
    var seen: Set<String> = []
    try json.forEachMember { (name, value) throws(SchemaViolation) in
      var path = SchemaPath()
      path.enter(name)
      let isNew = seen.insert(name).inserted
      try Self.checkName(name, isNew: isNew, count: types.count, at: path.pointer, limits)
      do throws(SchemaViolation) {
        types[name] = try Self.read(value, limits, known: types[name])
      } catch {
        throw error.under(path.pointer)
      }
    }
  }

  private static func checkName(
    _ name: String,
    isNew: Bool,
    count: Int,
    at pointer: String,
    _ limits: SchemaLimits
  ) throws(SchemaViolation) {
    let length = name.utf8.count
    guard length > 0, length <= limits.maximumNameBytes else {
      throw SchemaViolation(
        pointer: pointer,
        problem: "a type's name has 1 to \(limits.maximumNameBytes) bytes, this has \(length)",
        remedy: "use a name such as outreach_sent"
      )
    }
    guard isNew else {
      throw SchemaViolation(
        pointer: pointer,
        problem: "the type occurs twice",
        remedy: "keep one of them"
      )
    }
    guard count < limits.maximumTypes else {
      throw SchemaViolation(
        pointer: pointer,
        problem: "there may be at most \(limits.maximumTypes) types",
        remedy: "leave some out: types without a schema need not be named"
      )
    }
  }

  private static func read(
    _ json: JSONView,
    _ limits: SchemaLimits,
    known: EventType?
  ) throws(SchemaViolation) -> EventType {
    guard json.kind == .object else {
      throw SchemaViolation(
        pointer: "",
        problem: "an object is expected",
        remedy: "write {\"schema\":{…}}"
      )
    }
    var summary = known?.summary ?? ""
    var schema: EventSchema?
    try json.forEachMember { (name, value) throws(SchemaViolation) in
      switch name {
      case "summary":
        guard let text = value.string else {
          throw SchemaViolation(
            pointer: "/summary",
            problem: "a string is expected",
            remedy: "put it into quotes"
          )
        }
        summary = text
      case "schema":
        do throws(SchemaViolation) {
          schema = try EventSchema(json: value, limits: limits)
        } catch {
          throw error.under("/schema")
        }
      default:
        var path = SchemaPath()
        path.enter(name)
        throw SchemaViolation(
          pointer: path.pointer,
          problem: "there is no such field",
          remedy: "use schema and summary"
        )
      }
    }
    return EventType(summary: summary, schema: schema)
  }

  /// Checks an event, whose data is valid if it is JSON.
  ///
  /// - Parameters:
  ///   - event: The event.
  ///   - unknownTypes: What becomes of a type that the registry does not know.
  /// - Throws: ``EventTypeMismatch``, the publisher's fault.
  public func check(
    _ event: Event,
    unknownTypes: UnknownTypes = .allowed
  ) throws(EventTypeMismatch) {
    guard let type = types[event.type] else {
      if unknownTypes == .allowed { return }
      throw .unknownType(event.type)
    }
    guard let schema = type.schema else { return }
    guard event.format == .json, let data = JSONView(validated: event.data) else {
      throw .notJSON(type: event.type)
    }
    do throws(SchemaMismatch) {
      try schema.check(data)
    } catch {
      throw .data(type: event.type, error)
    }
  }
}

/// Why an event does not fit its type; the publisher's fault.
public enum EventTypeMismatch: Error, Equatable, Sendable, CustomStringConvertible {
  /// The registry does not know the type.
  case unknownType(String)
  /// The type has a schema, and the data is text.
  case notJSON(type: String)
  /// The data does not follow the type's schema.
  case data(type: String, SchemaMismatch)

  /// What is wrong, where, and the remedy.
  public var description: String {
    switch self {
    case .unknownType(let type):
      "the event type \(type) is not registered; register it or publish one that is"
    case .notJSON(let type): "the data of \(type) must be JSON; publish it as application/json"
    case .data(let type, let mismatch): "\(type), \(mismatch)"
    }
  }

  /// Where in the data, as a JSON pointer, if it is there.
  public var pointer: String? {
    if case .data(_, let mismatch) = self { mismatch.pointer } else { nil }
  }
}
