// SPDX-License-Identifier: Apache-2.0
import Streams

/// A topic's name as an argument.
enum TopicArgument {
  /// The name, if it is one.
  static func check(_ name: String) throws(CommandFailure) -> String {
    do {
      try TopicName.check(name)
      return name
    } catch {
      throw .misuse("'\(name)' cannot be a topic", remedy: error.description)
    }
  }
}
