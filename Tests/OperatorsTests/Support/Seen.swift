// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// The characters that a closure was shown, in order.
final class Seen: Sendable {
  private let state = Mutex<[Character]>([])

  var characters: [Character] { state.withLock { $0 } }

  func note(_ character: Character) {
    state.withLock { $0.append(character) }
  }
}
