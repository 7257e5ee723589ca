// SPDX-License-Identifier: Apache-2.0
import Storage
import Streams

/// What an import says when a line is wrong: the line, the field, what helps, what was imported.
extension ImportRun {
  func failure(_ fault: ImportLine.Fault) -> CommandFailure {
    let field = fault.field.map { ", '\($0)'" } ?? ""
    return .failure("line \(line) of \(name)\(field): \(fault.what)", remedy: fault.remedy)
  }

  /// What the store says of a line.
  func refused(_ refusal: TopicImport.Refusal) -> CommandFailure {
    switch refusal {
    case .misplaced(let expected):
      failure(
        ImportLine.Fault(
          field: "offset",
          what: "offset \(expected) has to come here, offsets have no holes",
          remedy: "import what lacks first, or write --append to give new offsets"
        )
      )
    case .different(let offset):
      failure(
        ImportLine.Fault(
          field: "offset",
          what: "'\(topic)' has another event at offset \(offset)",
          remedy: "import it into another topic, or write --append to give new offsets"
        )
      )
    case .earlier(let instant):
      failure(
        ImportLine.Fault(
          field: "appended",
          what: "it is before that of the event before, \(instant.milliseconds) ms after 1970",
          remedy: "write --append to give new offsets and instants that do not decrease"
        )
      )
    case .tooLarge(let limit):
      failure(
        ImportLine.Fault(
          field: "data",
          what: "the event has more than \(Int64(limit).byteText)",
          remedy: "leave out the line"
        )
      )
    case .storage(let error): CommandFailure(error, directory: directory)
    }
  }

  /// A failure that says what was imported before it, and how to go on.
  func told(_ failure: CommandFailure, _ summary: ImportSummary) -> CommandFailure {
    let way =
      if keepsOffsets {
        "what is there is passed over when it is imported again"
      } else {
        "give it only the lines from \(firstUnstoredLine) on, or the others are there twice"
      }
    let remedies = [failure.remedy, "imported before it: \(summary.words)", way]
    return CommandFailure(
      status: failure.status,
      failure.what,
      remedy: remedies.filter { !$0.isEmpty }.joined(separator: "; ")
    )
  }

  /// An export that says that it goes on was cut off.
  func checkEnd() throws(CommandFailure) {
    guard let header, (lastOffset ?? header.from - 1) < header.through else { return }
    throw .failure(
      "\(name) ends with offset \(lastOffset ?? header.from - 1), but it says that it goes "
        + "through \(header.through): it was cut off",
      remedy: "export the topic again"
    )
  }

  func summary(_ importer: TopicImport) -> ImportSummary {
    ImportSummary(
      topic: topic,
      epoch: "\(importer.topic.epoch)",
      tally: importer.tally,
      keepsOffsets: keepsOffsets
    )
  }
}
