// SPDX-License-Identifier: Apache-2.0
import Codecs

/// A body of JSON that is answered as a whole.
final class JSONBody: WholeBody {
  typealias Handler = (JSONView, Router.ReplyAddress) throws(Problem) -> Answer

  private let handle: Handler

  init(_ handle: @escaping Handler) { self.handle = handle }

  func answer(_ body: [UInt8], replyingTo reply: Router.ReplyAddress) -> Answer {
    let view: JSONView
    do throws(JSONViolation) {
      view = try JSONView.parse(body)
    } catch {
      let problem = Problem(
        400,
        "Bad JSON",
        "\(error)",
        remedy: "send one JSON object in UTF-8",
        field: "body"
      )
      return .response(problem.response)
    }
    do throws(Problem) { return try handle(view, reply) } catch { return .response(error.response) }
  }
}
