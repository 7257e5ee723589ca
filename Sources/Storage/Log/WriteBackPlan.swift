// SPDX-License-Identifier: Apache-2.0

/// Decides when the write-ahead log is written back into the database, and by which thread.
///
/// Beside the writing thread it can be written back but never to its end, as long as commits come. So
/// the writing thread writes the little that is left, and the next commit begins the log anew.
struct WriteBackPlan {
  enum Step: Hashable {
    case nothing
    /// Another thread writes back what is there.
    case aside
    /// The writing thread writes back the rest; nobody is waited for.
    case finish
    /// The writing thread writes back everything, and readers wait.
    case force
  }

  /// The frames from which it is worth while to write back.
  let pages: Int32
  /// Frames of the log that the database has.
  private(set) var moved: Int32 = 0
  /// The frames at the last look.
  private var seen: Int32 = 0
  /// The frames below which nothing is tried: a reader was in the way.
  private var notBefore: Int32 = 0
  /// Whether all shall be written back though the log is short.
  private(set) var isAllWanted = false

  init(pages: Int) {
    // So that no product below is too large.
    self.pages = Int32(clamping: min(max(1, pages), 1 << 24))
  }

  /// The log is begun anew from so many times ``pages`` on.
  static let restartFactor: Int32 = 4
  /// The rest is written back by the writing thread, however much it is, from so many times on.
  static let finishFactor: Int32 = 8
  /// Readers wait from so many times on.
  static let limitFactor: Int32 = 16
  /// The rest is little if it is at most this part of ``pages``.
  static let restPart: Int32 = 8

  /// The frames from which readers wait and, if writing back fails, publishes are refused.
  var limit: Int32 { pages * Self.limitFactor }

  /// The frames for which the log's file has room from the start: of one that is begun anew when it may
  /// be, and not many more than usual however rarely that is.
  var filledFrames: Int { min(Int(pages * Self.restartFactor), 4_096) }

  /// Whether the log is so long that it is begun anew, or all is wanted.
  var isDue: Bool { isAllWanted || seen >= pages * Self.restartFactor }

  /// Has all of it written back, as soon as that can be done beside publishing.
  mutating func wantAll() { isAllWanted = true }

  /// What to do at so many frames.
  mutating func next(_ frames: Int32) -> Step {
    if frames < seen { (moved, notBefore) = (0, 0) }
    seen = frames
    guard frames > 0, frames >= notBefore else { return .nothing }
    if frames >= limit { return .force }
    let left = frames - moved
    guard left > 0 else {
      isAllWanted = false
      return .nothing
    }
    let isLittle = left <= pages / Self.restPart
    if isDue, isLittle || frames >= pages * Self.finishFactor { return .finish }
    return isDue || left >= pages ? .aside : .nothing
  }

  /// Takes note of what another thread has written back, now that there are so many frames.
  mutating func noteAside(_ outcome: WriteBackOutcome, at frames: Int32) {
    // Else the log was begun anew meanwhile: while it is the same, it only becomes longer.
    if seen <= frames, outcome.frames <= frames { moved = max(moved, outcome.moved) }
    if outcome.moved < outcome.frames { wait() }
  }

  /// Takes note that somebody else was writing back: where all is wanted it is tried again soon.
  mutating func noteOccupied() {
    if !isAllWanted { wait() }
  }

  /// Takes note of what the writing thread has written back.
  mutating func noteOwn(_ outcome: WriteBackOutcome) {
    (seen, moved) = (outcome.frames, outcome.moved)
    if outcome.moved == outcome.frames { isAllWanted = false }
    // If the log is not begun anew now, a reader is in it: once more when there is as much again.
    wait()
  }

  private mutating func wait() {
    // What a reader keeps from being moved is no reason to wait at the limit, but once.
    notBefore = seen < limit ? min(seen + pages, limit) : seen + pages
  }
}

/// How much of the write-ahead log there was and how much of it the database has.
struct WriteBackOutcome: Hashable, Sendable {
  var frames: Int32
  var moved: Int32
}
