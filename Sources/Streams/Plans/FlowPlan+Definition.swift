// SPDX-License-Identifier: Apache-2.0

extension FlowPlan {
  /// What a flow consists of: its sources by kind and name, its stages by name.
  ///
  /// What a closure does, what a stage was told and what was counted does not show.
  var definition: String {
    let title = name.isEmpty ? kind : "\(kind) \(name)"
    let inputs = inputs.isEmpty ? "" : "(\(inputs.map(\.definition).joined(separator: ", ")))"
    return ([title + inputs] + stages.map(\.name)).joined(separator: " | ")
  }
}
