// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

extension FanoutPlan {
  /// The most events of a run: twelve bytes are kept of each.
  static let maximumEvents = 10_000_000

  /// Reads the options of `weir bench fanout`.
  ///
  /// - Throws: ``CommandFailure`` that names the option and what helps.
  init(_ arguments: ParsedArguments) throws(CommandFailure) {
    dialect = try arguments.choice("dialect", dialect)
    transport = try arguments.choice("transport", transport)
    namesTopicsInAddress = arguments.has("topics-in-address")
    publishing = try arguments.choice("publish", publishing)
    topic = arguments["topic"] ?? topic
    topicCount = try arguments.count("topics", 1...1_000_000) ?? topicCount
    subscriberCount = try arguments.count("subscribers", 0...60_000) ?? subscriberCount
    subscriptionsEach = try arguments.count("subscriptions", 1...128) ?? subscriptionsEach
    pipe = try Self.pipe(arguments)
    publisherCount = try arguments.count("publishers", 1...1_024) ?? publisherCount
    payloadBytes =
      try arguments.count("payload", EventMarker.minimumPayloadBytes...1 << 20) ?? payloadBytes
    slowPercent = try arguments.count("slow", 0...99) ?? slowPercent
    patience = .seconds(try arguments.count("patience", 1...600) ?? 10)
    seed = UInt64(try arguments.count("seed", 0...Int.max) ?? 1)
    if let milliseconds = try arguments.count("warmup", 0...60_000) {
      warmUp = .milliseconds(milliseconds)
    }
    processes = try Self.processes(arguments)
    load = try Self.load(arguments)
    length = try Self.length(arguments)
    try check()
  }

  private static func processes(_ arguments: ParsedArguments) throws(CommandFailure) -> [Int] {
    var processes: [Int] = []
    for text in arguments.all("pid") {
      guard let number = Int(text), number > 0 else {
        throw .misuse("--pid does not take '\(text)'", remedy: "give the number of a process")
      }
      processes.append(number)
    }
    return processes
  }

  private static func pipe(_ arguments: ParsedArguments) throws(CommandFailure) -> String? {
    guard let given = arguments["pipe"] else { return nil }
    // Commands are told apart by line breaks; those of a chain stand between its tokens.
    let text = String(given.map { $0.isNewline ? " " : $0 })
    // What is not JSON is refused as what is no list.
    guard let view = try? JSONView.parse(Array(text.utf8)), view.kind == .array else {
      throw .misuse(
        "--pipe does not take '\(text)'",
        remedy: #"give a chain as JSON, such as [{"filter":"has(data.seq)"}]"#
      )
    }
    return text
  }

  private static func load(_ arguments: ParsedArguments) throws(CommandFailure) -> Load {
    let rate = try arguments.count("rate", 1...1_000_000)
    let inFlight = try arguments.count("in-flight", 1...100_000)
    let isIdle = arguments.has("idle")
    guard [rate != nil, inFlight != nil, isIdle].count(where: { $0 }) <= 1 else {
      throw .misuse("--rate, --in-flight and --idle exclude each other", remedy: "give one of them")
    }
    if let rate { return .rate(perSecond: rate) }
    return isIdle ? .idle : .inFlight(inFlight ?? 1)
  }

  private static func length(_ arguments: ParsedArguments) throws(CommandFailure) -> Length {
    let events = try arguments.count("events", 1...maximumEvents)
    let seconds = try arguments.count("seconds", 1...86_400)
    guard events == nil || seconds == nil else {
      throw .misuse("--events and --seconds exclude each other", remedy: "give one of them")
    }
    return events.map { .events($0) } ?? .seconds(seconds ?? 5)
  }

  /// Checks what only options together can break.
  private func check() throws(CommandFailure) {
    do {
      try TopicName.check(topicName(topicCount - 1))
    } catch {
      throw .misuse("--topic does not take '\(topic)'", remedy: error.description)
    }
    guard topic.utf8.allSatisfy(Self.isPlain) else {
      throw .misuse(
        "--topic does not take '\(topic)'",
        remedy: "use letters, digits, '.', '-' and '_' only"
      )
    }
    guard subscriptionsEach <= topicCount else {
      throw .misuse(
        "--subscriptions is \(subscriptionsEach), of \(topicCount) topics",
        remedy: "give as many --topics"
      )
    }
    guard topicCount == 1 || dialect == .weir else {
      throw .misuse("--topics works with --dialect weir only", remedy: "leave one of them out")
    }
    guard pipe == nil || !namesTopicsInAddress else {
      throw .misuse("--pipe is sent in a command", remedy: "leave --topics-in-address out")
    }
    guard !namesTopicsInAddress || dialect == .weir && transport == .webSocket else {
      throw .misuse(
        "--topics-in-address works with --dialect weir and --transport ws only",
        remedy: "leave it out: elsewhere the address names the topic anyway"
      )
    }
    guard pipe == nil || dialect == .weir && transport == .webSocket else {
      throw .misuse(
        "--pipe works with --dialect weir and --transport ws only",
        remedy: "leave one of them out"
      )
    }
    guard publishing == .requests || dialect == .weir else {
      throw .misuse(
        "--publish \(publishing.rawValue) works with --dialect weir only",
        remedy: "use --publish http"
      )
    }
    guard publishing != .lines || topicCount == 1 else {
      throw .misuse("--publish ndjson fills one topic", remedy: "leave --topics out")
    }
    if load == .idle, case .events = length {
      throw .misuse("--idle publishes no events", remedy: "say for how long with --seconds")
    }
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
      UInt8(ascii: "_"):
      true
    default: false
    }
  }
}

extension ParsedArguments {
  /// The value of an option as a whole number in a range, or `nil` when it was not given.
  fileprivate func count(
    _ option: String,
    _ range: ClosedRange<Int>
  ) throws(CommandFailure) -> Int? {
    try number(option, in: UInt64(range.lowerBound)...UInt64(range.upperBound)).map(Int.init)
  }

  /// The value of an option that takes one of some words.
  fileprivate func choice<Choice: RawRepresentable & CaseIterable>(
    _ option: String,
    _ standard: Choice
  ) throws(CommandFailure) -> Choice where Choice.RawValue == String {
    guard let text = self[option] else { return standard }
    guard let choice = Choice(rawValue: text) else {
      let words = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw .misuse("--\(option) does not take '\(text)'", remedy: "give one of \(words)")
    }
    return choice
  }
}
