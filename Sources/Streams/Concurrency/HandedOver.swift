// SPDX-License-Identifier: Apache-2.0

/// A reader on its way to the task that will read it: so its place in the source is taken before.
struct HandedOver<Element: Sendable>: @unchecked Sendable {
  // Proof: whoever makes it has made the reader, keeps no reference, and gives it to one task.
  let reader: any FlowReader<Element>

  init(_ reader: any FlowReader<Element>) {
    self.reader = reader
  }
}
