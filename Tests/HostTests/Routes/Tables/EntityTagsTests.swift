// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Host

@Suite struct EntityTagsTests {
  @Test(arguments: [
    (#""a""#, ["a"]), (#""a", W/"b" , "c""#, ["a", "b", "c"]), (#""""#, [""]),
    (#",, "a",,"#, ["a"]), (#""a,b""#, ["a,b"]),
  ])
  func `a list of tags is read`(text: String, tags: [String]) {
    #expect(EntityTag.list(text)?.map(\.text) == tags)
  }

  @Test(arguments: ["a", #""a"#, #""a""b""#, "W/", #"w/"a""#, "*, \"a\""])
  func `what is no list of tags is none`(text: String) {
    #expect(EntityTag.list(text) == nil)
  }

  @Test func `a weak tag stands for the same, and is not the same`() {
    let (strong, weak) = (EntityTag(text: "a"), EntityTag(text: "a", isWeak: true))
    #expect(EntityTags.listed([weak]).matchesWeakly(strong))
    #expect(!EntityTags.listed([weak]).matchesStrongly(strong))
    #expect(EntityTags.listed([strong]).matchesStrongly(strong))
    #expect(!EntityTags.listed([strong]).matchesStrongly(weak))
    #expect(EntityTags.any.matchesStrongly(strong) && !EntityTags.any.matchesStrongly(nil))
    #expect(!EntityTags.any.matchesWeakly(nil))
    #expect(weak.field == #"W/"a""# && strong.field == #""a""#)
  }
}
