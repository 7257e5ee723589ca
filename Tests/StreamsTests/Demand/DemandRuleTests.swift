// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// Keeps the table of rules honest.
@Suite struct DemandRuleTests {
  @Test func `each rule has its test`() throws {
    let folder = URL(filePath: #filePath).resolvingSymlinksInPath()
      .deletingLastPathComponent().deletingLastPathComponent()
    var tests: Set<String> = []
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    while let file = files?.nextObject() as? URL {
      guard file.pathExtension == "swift" else { continue }
      let text = try String(contentsOf: file, encoding: .utf8)
      for match in text.matches(of: /func `([^`]+)`/) { tests.insert(String(match.1)) }
    }
    for rule in DemandRules.all {
      #expect(tests.contains(rule.test), "\(rule.number) \(rule.rule)")
    }
  }

  @Test func `each of the numbers is there`() {
    let numbers = DemandRules.all.flatMap { $0.number.split(separator: ", ") }.map(String.init)
    let wanted = [
      "1.01", "1.02", "1.03", "1.04", "1.05", "1.07", "1.08", "1.09", "1.11", "create1", "create3",
      "maxDepth", "2.05", "2.08", "2.09", "2.10", "2.13", "3.02", "3.03", "3.05", "3.06", "3.07",
      "3.08", "3.09", "3.12", "3.13", "3.17", "4.01", "4.02",
    ]
    #expect(Set(wanted).subtracting(numbers).isEmpty)
  }
}
