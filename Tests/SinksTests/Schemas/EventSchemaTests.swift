// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

@testable import Sinks

@Suite struct EventSchemaTests {
  private func schema(_ json: String, limits: SchemaLimits = .init()) throws -> EventSchema {
    let view = try JSONView.parse(Array(json.utf8), limits: .init(maximumDepth: 512))
    return try EventSchema(json: view, limits: limits)
  }

  /// Where data does not follow a schema; `nil` where it does.
  private func pointer(_ json: String, _ data: String) throws -> String? {
    let schema = try schema(json)
    let view = try JSONView.parse(Array(data.utf8))
    do throws(SchemaMismatch) {
      try schema.check(view)
      return nil
    } catch {
      #expect(!error.problem.isEmpty && !error.remedy.isEmpty)
      #expect(error.description.hasPrefix("data at \"\(error.pointer)\": "))
      return error.pointer
    }
  }

  private static let prospect = #"""
    {"$schema":"https://json-schema.org/draft/2020-12/schema","title":"A prospect","type":"object",
     "required":["name","score"],"additionalProperties":false,
     "properties":{
       "name":{"type":"string","minLength":1,"maxLength":5,"description":"who"},
       "score":{"type":"integer","minimum":0,"maximum":100},
       "stage":{"enum":["new","won",null]},
       "version":{"const":2},
       "tags":{"type":"array","items":{"type":["string","null"]}},
       "extra":{"type":"object","additionalProperties":{"type":"number"}},
       "never":false,"any":true,"a/b~c":{"type":"boolean"}}}
    """#

  @Test(arguments: [
    #"{"name":"Zoë","score":0}"#, #"{"score":100.0,"name":"😀😀😀😀😀"}"#,
    #"{"name":"a","score":1,"stage":null,"version":2.0,"tags":[],"extra":{},"any":[1]}"#,
    #"{"name":"a","score":1,"stage":"won","tags":["x",null],"extra":{"y":1.5},"a/b~c":true}"#,
  ]) func `data that follows passes`(data: String) throws {
    #expect(try pointer(Self.prospect, data) == nil)
  }

  @Test(arguments: [
    (#"[]"#, ""), (#"{"score":1}"#, ""), (#"{"name":"a"}"#, ""),
    (#"{"name":"","score":1}"#, "/name"),
    (#"{"name":"abcdef","score":1}"#, "/name"), (#"{"name":1,"score":1}"#, "/name"),
    (#"{"name":"a","score":1.5}"#, "/score"), (#"{"name":"a","score":-1}"#, "/score"),
    (#"{"name":"a","score":101}"#, "/score"), (#"{"name":"a","score":"1"}"#, "/score"),
    (#"{"name":"a","score":1,"stage":"lost"}"#, "/stage"),
    (#"{"name":"a","score":1,"version":3}"#, "/version"),
    (#"{"name":"a","score":1,"version":"2"}"#, "/version"),
    (#"{"name":"a","score":1,"tags":["a",null,2]}"#, "/tags/2"),
    (#"{"name":"a","score":1,"tags":{}}"#, "/tags"),
    (#"{"name":"a","score":1,"extra":{"x":{}}}"#, "/extra/x"),
    (#"{"name":"a","score":1,"never":1}"#, "/never"),
    (#"{"name":"a","score":1,"other":1}"#, "/other"),
    (#"{"name":"a","score":1,"a/b~c":1}"#, "/a~1b~0c"),
    (#"{"name":"a","score":1,"name":2}"#, "/name"),
  ]) func `data that does not is refused at its place`(data: String, expected: String) throws {
    #expect(try pointer(Self.prospect, data) == expected)
  }

  @Test(arguments: [
    (#"{"const":{"a":1,"b":[1,{"c":null}]}}"#, #"{"b":[1.0,{"c":null}],"a":1e0}"#, true),
    (#"{"const":{"a":1}}"#, #"{"a":1,"b":2}"#, false),
    (#"{"const":{"a":1,"b":2}}"#, #"{"a":1}"#, false),
    (#"{"const":[1,2]}"#, "[2,1]", false), (#"{"const":[1]}"#, "[1,1]", false),
    (#"{"const":"\u00e9"}"#, "\"é\"", true),
    (#"{"const":null}"#, "false", false), (#"{"const":0}"#, "-0", true),
    (#"{"const":false}"#, "0", false),
    (#"{"const":9007199254740993}"#, "9007199254740992", false),
    (#"{"minimum":9007199254740993}"#, "9007199254740992", false),
    (#"{"minimum":0.5}"#, "0.5", true), (#"{"maximum":0.5}"#, "0.50001", false),
    (#"{"minLength":3}"#, "1", true),
    (#"{"type":"integer"}"#, "1e2", true), (#"{"type":"number"}"#, "1", true),
    (#"{"type":["integer","null"]}"#, "null", true),
    (#"{"required":["a"]}"#, "1", true), (#"{"required":["a"]}"#, "{}", false),
    (#"{"items":{"type":"null"}}"#, "[null,null]", true),
    (#"{"enum":[[1],{"a":2}]}"#, #"{"a":2}"#, true), ("true", "1", true), ("false", "1", false),
    ("{}", "{}", true),
    (#"{"properties":{"a":{"required":["b"]}}}"#, #"{"a":{}}"#, false),
  ]) func `keywords say what JSON Schema says`(schema: String, data: String, follows: Bool) throws {
    #expect((try pointer(schema, data) == nil) == follows)
  }

  @Test(arguments: [
    (#"{"pattern":"a+"}"#, "/pattern", "pattern"),
    (#"{"properties":{"a":{"format":"email"}}}"#, "/properties/a/format", "format"),
    (#"{"anyOf":[{}]}"#, "/anyOf", "anyOf"), (#"{"$ref":"x"}"#, "/$ref", "$ref"),
    (#"{"items":{"uniqueItems":true}}"#, "/items/uniqueItems", "uniqueItems"),
    (#"{"additionalProperties":{"not":{}}}"#, "/additionalProperties/not", "not"),
    (#"{"x":1}"#, "/x", "x"),
    (#"{"type":"text"}"#, "/type", "type"), (#"{"type":[]}"#, "/type", "type"),
    (#"{"type":1}"#, "/type", "type"),
    (#"{"properties":[]}"#, "/properties", "object"),
    (#"{"properties":{"a/b":1}}"#, "/properties/a~1b", "schema"),
    (#"{"properties":{"a":{},"a":{}}}"#, "/properties/a", "twice"),
    (#"{"type":"null","type":"null"}"#, "/type", "twice"),
    (#"{"required":"a"}"#, "/required", "array"), (#"{"required":[1]}"#, "/required", "string"),
    (#"{"required":["a","a"]}"#, "/required", "twice"),
    (#"{"enum":[]}"#, "/enum", "value"), (#"{"enum":1}"#, "/enum", "array"),
    (#"{"enum":[1],"const":1}"#, "/const", "const"),
    (#"{"minimum":"1"}"#, "/minimum", "number"), (#"{"minimum":1e999}"#, "/minimum", "number"),
    (#"{"minLength":-1}"#, "/minLength", "whole"),
    (#"{"minLength":1.5}"#, "/minLength", "whole"), (#"{"minimum":2,"maximum":1}"#, "", "minimum"),
    (#"{"minLength":2,"maxLength":1}"#, "", "minLength"),
    (#"{"$schema":"http://json-schema.org/draft-07/schema#"}"#, "/$schema", "dialect"),
    ("[]", "", "object"), (#"{"title":1}"#, "/title", "string"),
    (#"{"additionalProperties":1}"#, "/additionalProperties", "object"),
  ]) func `what is not offered is refused when it is loaded`(
    json: String,
    at pointer: String,
    word: String
  ) throws {
    let error = #expect(throws: SchemaViolation.self) { try schema(json) }
    #expect(error?.pointer == pointer)
    #expect(error?.problem.contains(word) == true, "\(String(describing: error))")
    #expect(error?.remedy.isEmpty == false)
  }

  @Test func `depth and parts are limited`() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: #"{"items":"#, count: depth) + "{}" + String(repeating: "}", count: depth)
    }
    _ = try schema(nested(31))
    #expect(throws: SchemaViolation.self) { try schema(nested(32)) }
    var limits = SchemaLimits()
    limits.maximumNodes = 3
    _ = try schema(#"{"enum":[1,2]}"#, limits: limits)
    #expect(throws: SchemaViolation.self) { try schema(#"{"enum":[1,2,3]}"#, limits: limits) }
    #expect(throws: SchemaViolation.self) {
      try schema(#"{"required":["a","b","c"]}"#, limits: limits)
    }
    #expect(throws: SchemaViolation.self) {
      try schema(#"{"properties":{"a":{},"b":{},"c":{}}}"#, limits: limits)
    }
  }

  @Test func `data is only looked at where the schema says so`() throws {
    // As deep as a publisher may nest, under a schema that nests less.
    let deep =
      #"{"a":"# + String(repeating: "[", count: 60) + String(repeating: "]", count: 60) + "}"
    #expect(try pointer(#"{"properties":{"a":{"items":{"type":"array"}}}}"#, deep) == nil)
  }
}
