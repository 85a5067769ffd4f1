"""Questions of a bank that several tests ask."""

NUMERIC = """
  - id: share
    kind: numeric
    objective: sample/2
    section: sec-two
    difficulty: 2
    points: 1
    pool: [check, exam]
    prompt: "Present for [[present]] of [[total]] minutes. What share is that?"
    given:
      present: {choices: [10, 11, 12, 13, 14]}
      total: {from: 40, to: 44, step: 2}
    answer: contact.extent(present, total)
    tolerance: {absolute: 0.005}
    unit: proportion
    mistakes:
      - {id: upside-down, value: total / present, feedback: "A share of [[total]] minutes is below 1."}
      - {id: rest, value: 1 - present / total, feedback: This is the rest.}
    hints: [A share., "[[present]] comes first."]
    solution: "[[present]] ÷ [[total]] = [[answer:.3f]]."
"""

CHOICES = """
  - id: several
    kind: choices
    objective: sample/1
    section: sec-one
    difficulty: 2
    points: 3
    pool: [check, exam]
    prompt: Which of these have the customer in the system?
    options:
      - {id: queue, text: Waiting in line, correct: true, feedback: Her clock runs., rationale: She is there.}
      - {id: talk, text: Talking with the clerk, correct: true, rationale: She is there.}
      - {id: watch, text: Looking on, correct: true, feedback: "Passive, *but* there.", rationale: She is there.}
      - {id: post, text: Posting the card, correct: false, feedback: She has left <by then>., rationale: She left.}
      - {id: print, text: Printing the card, correct: false, feedback: Look where she is., rationale: She left.}
    instructor: Ask for the clock first.
"""

REFLECT = """
  - id: think
    kind: reflect
    objective: sample/1
    section: sec-one
    difficulty: 3
    points: 1
    pool: [exercise]
    prompt: Where did you wait last, and who could have spared you that?
    solution: A good answer names the step and the one who decides on it.
"""
