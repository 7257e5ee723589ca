// SPDX-License-Identifier: Apache-2.0
import Storage
import Transport

/// `weir doctor`: checks what is stored in a data directory.
struct DoctorCommand: Command {
  let usage = CommandUsage(
    "doctor",
    "check a data directory and say what is damaged, also while a server runs on it",
    positionals: [.init("DIR", "the data directory")],
    options: [.json],
    examples: [
      .init("weir doctor /var/lib/weir", "exits with 0 if all is sound, 1 if something is damaged")
    ]
  )

  nonisolated(nonsending) func run(
    _ arguments: ParsedArguments,
    in context: CommandContext
  ) async throws(CommandFailure) -> Int32 {
    let directory = arguments.positionals[0]
    try StorePath.checkDirectory(directory)
    let progress = StepProgress(context.console, try context.makeClock())
    let report: DirectoryReport
    do throws(StorageError) {
      defer { progress.end() }
      report = try EventLog.examine(directory: directory) { step in
        let known = step.expectedEntries > 0
        let count = "\(step.entries.grouped) of \(step.expectedEntries.grouped) entries"
        return progress.tell("looking at \(step.place)\(known ? ": \(count)" : "")")
      }
    } catch {
      throw Self.failure(error, directory)
    }
    let diagnosis = Diagnosis(directory: directory, report: report)
    if arguments.has("json") {
      context.console.printLine(diagnosis.json)
    } else {
      context.console.print(diagnosis.text)
    }
    return report.isSound ? 0 : CommandFailure.failed
  }

  /// A file that is no database any more is the worst damage there is.
  private static func failure(_ error: StorageError, _ directory: String) -> CommandFailure {
    guard error.reason == .notADatabase else {
      return CommandFailure(error, directory: directory)
    }
    guard FileStatus(path: error.path)?.size != 0 else {
      return .failure(
        "\(error.path) is empty: nothing was ever stored in it, or all of it is gone",
        remedy: "start a server on it if it is new, else restore a backup into another directory"
      )
    }
    return .failure(
      "\(error.path) is damaged from its first page on, or no database of weir",
      remedy: "restore a backup into another directory with 'weir restore'"
    )
  }
}
