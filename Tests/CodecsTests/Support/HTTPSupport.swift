// SPDX-License-Identifier: Apache-2.0
import Codecs

/// What a decoder said, with adjoining pieces of a body joined so that splits do not show.
struct Transcript: Equatable, CustomStringConvertible {
  var lines: [String] = []
  private var body: [UInt8] = []

  var description: String { lines.joined(separator: "\n") }

  mutating func add(_ line: String) {
    flush()
    lines.append(line)
  }

  mutating func add(body bytes: ArraySlice<UInt8>) {
    body.append(contentsOf: bytes)
  }

  mutating func flush() {
    if !body.isEmpty { lines.append("body \(String(decoding: body, as: UTF8.self))") }
    body = []
  }

  static func list(_ fields: HTTPFields) -> String {
    fields.map { "\($0.name)=\($0.value)" }.joined(separator: ";")
  }
}

extension HTTPRequestDecoder {
  /// Decodes `pieces` to the end or to a violation.
  static func transcript(
    _ pieces: [some Sequence<UInt8>],
    limits: HTTPLimits = .init()
  ) -> Transcript {
    var decoder = HTTPRequestDecoder(limits: limits)
    var transcript = Transcript()
    do {
      for piece in pieces {
        decoder.receive(piece)
        while let event = try decoder.nextEvent() { transcript.add(event) }
      }
    } catch {
      transcript.add("violation \(error)")
    }
    transcript.flush()
    return transcript
  }
}

extension Transcript {
  mutating func add(_ event: HTTPRequestEvent) {
    switch event {
    case .head(let head):
      add("\(head.method) \(head.target) 1.\(head.minorVersion) \(Self.list(head.fields))")
    case .body(let bytes): add(body: bytes)
    case .end(let trailers): add("end \(Self.list(trailers))")
    }
  }

  mutating func add(_ event: HTTPResponseEvent) {
    switch event {
    case .interim(let head): add("interim \(head.status)")
    case .head(let head): add("\(head.status) \(head.reason) \(Self.list(head.fields))")
    case .body(let bytes): add(body: bytes)
    case .end(let trailers): add("end \(Self.list(trailers))")
    }
  }
}

/// The whole, every cut in two, and every byte by itself.
func splits(of bytes: [UInt8]) -> [[ArraySlice<UInt8>]] {
  [[bytes[...]]] + bytes.indices.map { [bytes[..<$0], bytes[$0...]] }
    + [bytes.indices.map { bytes[$0...$0] }]
}
