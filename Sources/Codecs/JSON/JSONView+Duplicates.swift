// SPDX-License-Identifier: Apache-2.0

extension JSONView {
  /// The first name that an object, this one or one within, has twice; `nil` when there is none.
  ///
  /// Names are compared byte by byte after unescaping. Which of two members counts differs between
  /// parsers, so what is signed by one and read by another must not have any (RFC 8725 §2.6).
  public var duplicateName: String? {
    switch kind {
    case .object: duplicateMember
    case .array: firstDuplicate(of: elements)
    case .string, .number, .bool, .null: nil
    }
  }

  private var duplicateMember: String? {
    var names: Set<[UInt8]> = []
    var duplicate: String?
    var values: [JSONView] = []
    forEachMember { name, value in
      if !names.insert(Array(name.utf8)).inserted { duplicate = duplicate ?? name }
      values.append(value)
    }
    return duplicate ?? firstDuplicate(of: values)
  }

  private func firstDuplicate(of values: [JSONView]) -> String? {
    for value in values {
      if let name = value.duplicateName { return name }
    }
    return nil
  }
}
