// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks

/// The server's API for programs beside it: `POST /api/{method}` with an object.
enum APIRoute {
  static func answer(
    _ method: String,
    _ context: RequestContext,
    _ services: ServerServices
  ) throws(Problem) -> Answer {
    try Router.check(context, allows: "POST")
    try context.caller.checkIsTrusted()
    let api = services.api
    return .collect(
      limit: ServerAPI.maximumBytes,
      then: JSONBody { body, reply in
        reply.later {
          HTTPResponse(
            200,
            fields: ["Content-Type": "application/json", "Cache-Control": "no-store"],
            body: await api.call(method, body)
          )
        }
      }
    )
  }
}
