// SPDX-License-Identifier: Apache-2.0
import Codecs
import FoundationEssentials
import Testing

/// The facts known of a real log of 10,000 requests.
@Suite struct ApacheLogTests {
  /// The log, next to the repository where there is one.
  static let path = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../../shared/data/apache_access.log").standardized.path()

  static var isPresent: Bool { FileManager.default.isReadableFile(atPath: path) }

  static func lines() throws -> [CombinedLogLine] {
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    var splitter = LineSplitter()
    var lines: [CombinedLogLine] = []
    for start in stride(from: 0, to: bytes.count, by: 40_000) {
      splitter.receive(bytes[start..<min(start + 40_000, bytes.count)])
      while let event = splitter.nextEvent() {
        guard case .line(let line, _) = event else { continue }
        lines.append(try CombinedLogLine.parse(line))
      }
    }
    return lines
  }

  @Test(.enabled(if: isPresent, "shared/data/apache_access.log is absent"))
  func `the facts of a real log come out`() throws {
    let lines = try Self.lines()
    #expect(lines.count == 10_000)
    #expect(Set(lines.map(\.client)).count == 1_753)
    #expect(lines.reduce(0) { $0 + $1.bytes } == 2_747_282_740)
    #expect(lines.first?.time == RFC3339.parse("2015-05-17T10:05:03Z"))
    #expect(lines.map(\.time).min() == RFC3339.parse("2015-05-17T10:05:00Z"))
    #expect(lines.map(\.time).max() == RFC3339.parse("2015-05-20T21:05:59Z"))
    #expect(lines.allSatisfy { $0.method != nil && $0.referrer != "" })
    #expect(lines[8_898].agent?.hasSuffix("http://www.google.com/bot.html") == true)
    let statuses = Dictionary(grouping: lines, by: \.status).mapValues(\.count)
    #expect(
      statuses == [200: 9_126, 304: 445, 404: 213, 301: 164, 206: 45, 500: 3, 403: 2, 416: 2]
    )
    let paths = Dictionary(grouping: lines, by: \.target).mapValues(\.count)
    #expect(paths["/favicon.ico"] == 807)
    #expect(paths["/style2.css"] == 546)
    #expect(paths["/reset.css"] == 538)
    #expect(paths.values.sorted(by: >).prefix(3) == [807, 546, 538])
  }
}
