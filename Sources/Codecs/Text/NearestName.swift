// SPDX-License-Identifier: Apache-2.0

/// The known name that a mistyped one most likely stands for; `nil` when none is near.
///
/// For messages that tell a person what was meant. Near is at most a third of the letters changed, and always one. Of equally near names the
/// first is taken; a beginning of a single name stands for it.
public func nearestName(to typed: String, among names: [String]) -> String? {
  let continued = names.filter { typed.count > 1 && $0.hasPrefix(typed) }
  if continued.count == 1 { return continued[0] }
  let ranked = names.map { (name: $0, distance: editDistance(typed, $0)) }
  guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
  return best.distance <= max(1, best.name.count / 3) ? best.name : nil
}

/// How many letters must be added, removed, replaced or swapped with their neighbour.
package func editDistance(_ first: String, _ second: String) -> Int {
  let (first, second) = (Array(first.utf8), Array(second.utf8))
  var beforeLast: [Int] = []
  var last = Array(0...second.count)
  for row in first.indices {
    var current = [row + 1]
    for column in second.indices {
      let isSame = first[row] == second[column]
      var distance = min(last[column + 1] + 1, current[column] + 1, last[column] + (isSame ? 0 : 1))
      if row > 0, column > 0, first[row] == second[column - 1], first[row - 1] == second[column] {
        distance = min(distance, beforeLast[column - 1] + 1)
      }
      current.append(distance)
    }
    (beforeLast, last) = (last, current)
  }
  return last[second.count]
}
