// SPDX-License-Identifier: Apache-2.0
import Storage

/// `weir backup`: copies a data directory, also while a server uses it.
struct BackupCommand: Command {
  let usage = CommandUsage(
    "backup",
    "copy a data directory into a file, also while a server runs on it",
    positionals: [
      .init("DIR", "the data directory"),
      .init("FILE", "the copy, a file that is not there yet"),
    ],
    examples: [
      .init("weir backup /var/lib/weir weir-$(date +%F).db", "a copy of this instant"),
      .init("weir restore weir-2026-01-31.db /var/lib/weir-new", "the way back"),
    ]
  )

  nonisolated(nonsending) func run(
    _ arguments: ParsedArguments,
    in context: CommandContext
  ) async throws(CommandFailure) -> Int32 {
    let (directory, file) = (arguments.positionals[0], arguments.positionals[1])
    try StorePath.checkNewFile(file)
    let progress = StepProgress(context.console, try context.makeClock())
    do throws(StorageError) {
      defer { progress.end() }
      try EventLog.backUp(directory: directory, to: file) { copied, total in
        progress.tell("copied \(StepProgress.percent(Int64(copied), of: Int64(total)))")
      }
    } catch {
      throw CommandFailure(error, directory: directory)
    }
    let bytes = Int64(clamping: FileStatus(path: file)?.size ?? 0)
    context.console.print("copied \(directory) into \(file), \(bytes.byteText)\n")
    return 0
  }
}

/// `weir restore`: makes a data directory of a copy.
struct RestoreCommand: Command {
  let usage = CommandUsage(
    "restore",
    "make a data directory of a copy that 'weir backup' made",
    positionals: [
      .init("FILE", "the copy"),
      .init("DIR", "the data directory, made if it is not there; it holds no data"),
    ],
    examples: [
      .init("weir restore weir-2026-01-31.db /var/lib/weir-new", "beside the former one")
    ]
  )

  nonisolated(nonsending) func run(
    _ arguments: ParsedArguments,
    in context: CommandContext
  ) async throws(CommandFailure) -> Int32 {
    let (file, directory) = (arguments.positionals[0], arguments.positionals[1])
    guard let status = FileStatus(path: file) else {
      throw .misuse("there is no file '\(file)'", remedy: "name a copy that 'weir backup' made")
    }
    guard status.isRegular else {
      throw .misuse("'\(file)' is no file", remedy: "name a copy that 'weir backup' made")
    }
    try StorePath.checkNewDirectory(directory)
    let progress = StepProgress(context.console, try context.makeClock())
    let topics: Int
    do throws(StorageError) {
      defer { progress.end() }
      topics = try EventLog.restore(from: file, into: directory) { copied, total in
        let percent = StepProgress.percent(copied, of: total)
        return progress.tell(copied < total ? "copied \(percent)" : "checking the copy")
      }
    } catch {
      throw Self.failure(error, file: file, directory: directory)
    }
    context.console.print(
      "restored \(topics.counted("topic")) into \(directory); each has a new epoch, so "
        + "subscribers begin anew\n"
    )
    return 0
  }

  private static func failure(
    _ error: StorageError,
    file: String,
    directory: String
  ) -> CommandFailure {
    switch error.reason {
    case .exists:
      .failure(
        "'\(directory)' holds data already: \(error.path)",
        remedy: "name another directory, or move what is there away, the -wal file too"
      )
    case .corrupt:
      .failure(
        "the copy '\(file)' is damaged: \(error.detail)",
        remedy: "restore another one; nothing was restored"
      )
    case .notADatabase:
      .failure("'\(file)' is no copy of a data directory", remedy: "name one of 'weir backup'")
    default: CommandFailure(error, directory: directory)
    }
  }
}
