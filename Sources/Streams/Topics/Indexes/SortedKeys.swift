// SPDX-License-Identifier: Apache-2.0

/// Texts in the order of their bytes, each once.
///
/// They are kept in blocks: a change moves those of one block, and looks at O(log n) others. An order
/// of bytes is the same in every language that a client may be written in.
struct SortedKeys {
  /// The most keys of a block: what a change moves at most.
  static let blockSize = 512

  /// None is empty, and each is before the next.
  private var blocks: [[String]] = []
  private(set) var count = 0

  /// Adds a key, unless it is there.
  mutating func insert(_ key: String) {
    guard !blocks.isEmpty else {
      blocks = [[key]]
      count = 1
      return
    }
    let block = self.block(of: key)
    let index = Self.index(of: key, in: blocks[block])
    if index < blocks[block].count, blocks[block][index] == key { return }
    blocks[block].insert(key, at: index)
    count += 1
    guard blocks[block].count > Self.blockSize else { return }
    let upper = Array(blocks[block][(Self.blockSize / 2)...])
    blocks[block].removeLast(upper.count)
    blocks.insert(upper, at: block + 1)
  }

  /// Takes a key away, if it is there.
  mutating func remove(_ key: String) {
    guard !blocks.isEmpty else { return }
    let block = self.block(of: key)
    let index = Self.index(of: key, in: blocks[block])
    guard index < blocks[block].count, blocks[block][index] == key else { return }
    blocks[block].remove(at: index)
    count -= 1
    join(block)
  }

  /// Calls `body` with each key behind `key`, in order, until it answers `false`.
  ///
  /// - Returns: Whether there was nothing more.
  @discardableResult
  func forEach(after key: String?, _ body: (String) -> Bool) -> Bool {
    guard !blocks.isEmpty else { return true }
    var block = key.map { self.block(of: $0) } ?? 0
    var index = key.map { Self.index(behind: $0, in: blocks[block]) } ?? 0
    while block < blocks.count {
      while index < blocks[block].count {
        guard body(blocks[block][index]) else { return false }
        index += 1
      }
      (block, index) = (block + 1, 0)
    }
    return true
  }

  /// Joins a block that has become small with one beside it, or drops it when it is empty.
  private mutating func join(_ block: Int) {
    if blocks[block].isEmpty {
      blocks.remove(at: block)
      return
    }
    let lower = block + 1 < blocks.count ? block : block - 1
    guard lower >= 0, lower + 1 < blocks.count,
      blocks[lower].count + blocks[lower + 1].count < Self.blockSize / 2
    else { return }
    blocks[lower] += blocks.remove(at: lower + 1)
  }

  /// The block in which a key is, or belongs: the last that does not begin behind it.
  private func block(of key: String) -> Int {
    max(0, blocks.partitioningIndex { Self.isBefore(key, $0[0]) } - 1)
  }

  private static func index(of key: String, in block: [String]) -> Int {
    block.partitioningIndex { !isBefore($0, key) }
  }

  private static func index(behind key: String, in block: [String]) -> Int {
    block.partitioningIndex { isBefore(key, $0) }
  }

  private static func isBefore(_ first: String, _ second: String) -> Bool {
    first.utf8.lexicographicallyPrecedes(second.utf8)
  }
}
