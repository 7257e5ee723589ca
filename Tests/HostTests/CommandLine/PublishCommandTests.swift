// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

@testable import Host

@Suite struct PublishCommandTests {
  let server = FakeServer { _ in
    .json(200, #"{"topic":"a/b","epoch":"e","firstOffset":4,"lastOffset":5,"accepted":2}"#)
  }

  @Test func `one event goes as a CloudEvent with the attributes that are given`() async {
    let run = await ToolRun.run(
      [
        "publish", "a/b", #" {"x": [1, 2]} "#, "--type", "sold", "--subject=tea", "--id", "i1",
        "--time", "2015-05-17T12:05:03+02:00", "--tag", "shop=north", "--tag=size=x=l",
      ],
      server
    )
    #expect(run.status == 0)
    #expect(run.output == "published to a/b at offsets 4 to 5\n")
    #expect(server.lines == ["POST /v1/topics/a%2Fb/events"])
    #expect(server.requests[0].head.fields["Content-Type"] == "application/cloudevents+json")
    #expect(
      server.requests[0].text == #"""
        {"specversion":"1.0","type":"sold","id":"i1","subject":"tea",\#
        "time":"2015-05-17T10:05:03Z","shop":"north","size":"x=l","data":{"x":[1,2]}}
        """#
    )
  }

  @Test func `the items of an array are events of their own`() async {
    let run = await ToolRun.run(["publish", "a", #"[1,{"n":2}]"#, "--json"], server)
    #expect(run.status == 0)
    #expect(run.output == #"{"topic":"a/b","epoch":"e","firstOffset":4,"lastOffset":5}"# + "\n")
    #expect(server.requests[0].head.fields["Content-Type"] == "application/cloudevents-batch+json")
    #expect(
      server.requests[0].text
        == #"[{"specversion":"1.0","data":1},{"specversion":"1.0","data":{"n":2}}]"#
    )
  }

  @Test func `a hyphen reads standard input`() async {
    let console = FakeConsole()
    console.input = Array("\"über\"\n".utf8)
    let run = await ToolRun.run(["publish", "a", "-"], server, console: console)
    #expect(run.status == 0)
    #expect(server.requests[0].text == #"{"specversion":"1.0","data":"über"}"#)
  }

  @Test(arguments: [
    (
      ["a", "{"],
      "the data is not valid JSON, expected a name in quotes or '}' at line 1, column 2"
    ),
    (["a", "[]"], "the array is empty"),
    (["a b", "1"], "'a b' cannot be a topic"),
    (["_a", "1"], "'_a' cannot be a topic"),
    (["a", "1", "--time", "today"], "--time does not take 'today'"),
    (["a", "1", "--tag", "x"], "--tag does not take 'x'"),
    (["a", "1", "--tag", "X=1"], "--tag does not take 'X=1'"),
    (["a", "1", "--tag", "data=1"], "--tag does not take 'data=1'"),
    (["a", "1", "--tag", "x=1", "--tag=y=1", "--tag", "x=2"], "--tag names 'x' twice"),
    (["a", "[1,2]", "--id", "x"], "--id names one event, but there are 2"),
    (["a", "1", "--ca", "x.pem"], "--ca is for a server with TLS"),
    (["a", "1", "--server", "https://a", "--ca", "/none/x.pem"], "/none/x.pem of --ca: "),
  ])
  func `what is written wrongly is never sent`(_ words: [String], _ what: String) async {
    let run = await ToolRun.run(["publish"] + words, server)
    #expect(run.status == 2)
    #expect(run.errors.hasPrefix("weir: \(what)"), "\(run.errors)")
    #expect(server.connectionCount == 0)
  }

  @Test func `a refusal of the server is a failure`() async {
    server.answer = { _ in .json(503, #"{"detail":"held back","remedy":"wait"}"#) }
    let run = await ToolRun.run(["publish", "a", "1"], server)
    #expect(run.status == 1)
    #expect(run.output.isEmpty)
    #expect(run.errors == "weir: held back: wait\n")
  }

  @Test func `an answer without offsets is a failure`() async {
    server.answer = { _ in .json(200, "{}") }
    let run = await ToolRun.run(["publish", "a", "1"], server)
    #expect(run.status == 1)
    #expect(run.errors.contains("does not tell where the events are"))
  }

  @Test func `a lost connection leaves it open what was done`() async {
    server.answer = { _ in .close }
    let run = await ToolRun.run(["publish", "a", "1"], server)
    #expect(run.status == 1)
    #expect(run.errors.contains("it may or may not have been done"))
    #expect(server.requests.count == 1)
  }
}
