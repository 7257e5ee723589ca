// SPDX-License-Identifier: Apache-2.0

// What was read of a source and not yet handed on, in a checkpoint.
extension Batch.Item: StateCodable {
  /// As the elements.
  public static var storedForm: StateForm { StateForm(of: Element.self) }

  /// Writes which it is, and what is in it.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    switch self {
    case .run(let run):
      encoder.write(UInt64(0))
      try run.appended.encode(into: &encoder)
      encoder.write(run.firstOffset)
      try encoder.encode(Array(run))
    case .mark(.watermark(let watermark), let appended):
      encoder.write(UInt64(1))
      try appended.encode(into: &encoder)
      try watermark.encode(into: &encoder)
    case .mark(.endOfInput, let appended):
      encoder.write(UInt64(2))
      try appended.encode(into: &encoder)
    case .gap(let gap):
      encoder.write(UInt64(3))
      encoder.write(gap.from)
      encoder.write(gap.to)
    }
  }

  /// Reads it.
  public init(from decoder: inout StateDecoder) throws(StateError) {
    let index = decoder.index
    switch try decoder.readUInt64() {
    case 0:
      let appended = try Timestamp(from: &decoder)
      let offset = try decoder.readUInt64()
      let elements = try decoder.decode([Element].self)
      guard !elements.isEmpty else { throw .malformed(at: index, expected: "a run") }
      let chunk = LogChunk<Element>(firstOffset: offset, capacity: elements.count)
      chunk.fill(with: elements)
      self = .run(Run(chunk: chunk, range: 0..<elements.count, appended: appended))
    case 1:
      let appended = try Timestamp(from: &decoder)
      self = .mark(.watermark(try Timestamp(from: &decoder)), appended: appended)
    case 2:
      self = .mark(.endOfInput, appended: try Timestamp(from: &decoder))
    case 3:
      let (from, to) = (try decoder.readUInt64(), try decoder.readUInt64())
      guard from <= to else { throw .malformed(at: index, expected: "a gap") }
      self = .gap(Gap(from: from, to: to))
    default: throw .malformed(at: index, expected: "an entry, a mark or a gap")
    }
  }
}
