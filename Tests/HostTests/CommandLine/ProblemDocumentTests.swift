// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

@testable import Host

@Suite struct ProblemDocumentTests {
  private func failure(_ json: String, status: Int = 400) -> String {
    let response = ServerResponse(head: HTTPResponseHead(status: status), body: Array(json.utf8))
    return ProblemDocument(response).failure.description
  }

  @Test(arguments: [
    "held back; try again later", "Held back: Try again later.", "try again, later: held back",
  ])
  func `a remedy that the detail already names is not repeated`(_ detail: String) {
    let json = #"{"detail":"\#(detail)","remedy":"try again later"}"#
    #expect(failure(json) == "weir: \(detail)")
    #expect(failure(#"{"detail":"\#(detail)"}"#, status: 503) == "weir: \(detail)")
  }

  @Test(arguments: ["try", "try again", "later try again", "retry again later", ""])
  func `a remedy that the detail does not name is kept`(_ detail: String) {
    let json = #"{"detail":"\#(detail)","remedy":"try again later","field":"topic","line":3}"#
    #expect(failure(json) == "weir: \(detail) (field 'topic', line 3): try again later")
  }
}
