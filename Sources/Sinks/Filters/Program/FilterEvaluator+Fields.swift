// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

// Reading an event: its texts when they are asked for, its data once.
extension FilterEvaluator {
  /// A text of the event, read at most once in an evaluation.
  mutating func field(
    _ number: Int,
    _ program: FilterProgram,
    _ event: Event
  ) -> FilterValue? {
    if fieldStamps[number] < stamp { read(number, program.fields[number], event) }
    guard fieldStamps[number] > stamp else { return nil }
    if case .tag(.time, _) = program.fields[number], !writtenTime.isEmpty {
      return .text(in: .written, writtenTime)
    }
    return .field(number)
  }

  private mutating func read(_ number: Int, _ field: FilterProgram.Field, _ event: Event) {
    let text: String?
    switch field {
    case .attribute(let attribute): text = attribute.text(of: event)
    case .tag(.time, let name):
      writtenTime = 0..<0
      if let time = event.time {
        let start = written.count
        RFC3339.append(milliseconds: time.milliseconds, to: &written)
        writtenTime = start..<written.count
        fieldStamps[number] = stamp &+ 1
        return
      }
      text = event.tags[name]
    case .tag(let tag, let name): text = tag.attribute(of: event) ?? event.tags[name]
    }
    fieldStamps[number] = text == nil ? stamp : stamp &+ 1
    if let text { fields[number] = text }
  }

  /// Finds the places that the program reads, once for all of them.
  mutating func findPlaces(_ program: FilterProgram, _ event: Event) {
    hasPlaces = true
    data = event.data
    let data = data
    if event.format == .json { program.paths.find(in: data.span, into: &places) }
  }
}
