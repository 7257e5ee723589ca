// SPDX-License-Identifier: Apache-2.0
import Streams

/// Makes operators of the stages of a plan.
struct ChainCompiler {
  private let stages: [ChainPlan.Numbered]

  init(_ plan: ChainPlan) { stages = plan.stages }

  /// All stages as one piece.
  func compile() -> ChainPiece {
    var scope = FieldScope(stages[...])
    var whole: ChainPiece?
    for (index, numbered) in stages.enumerated() {
      let step = ChainStepMaker(numbered, &scope)
      whole = whole.map { ChainPiece($0, step.make()) } ?? step.make()
      if numbered.stage.replacesData { scope = FieldScope(stages[(index + 1)...]) }
    }
    guard let whole else { preconditionFailure("a plan has a stage") }
    return whole
  }
}
