"""A question of each kind as bank files hold them, and some that a learning management system could trip over."""

CHOICE = """
  - id: which
    kind: choice
    objective: sample/1
    section: sec-one
    difficulty: 1
    points: 1
    pool: [check]
    prompt: |
      Somebody waits for a clerk.

      Which *one* is contact?
    options:
      - {id: form, text: The form, correct: false, feedback: Not the form <b>itself</b>.}
      - {id: talk, text: The talk, correct: true, feedback: "Yes: $x < 1$."}
      - {id: post, text: The post, correct: false, feedback: Not the post.}
    hints: ["Who is there?", Ask for the customer.]
    solution: It is the talk.
"""

EXAM = """
  - id: desk
    kind: choice
    objective: sample/1
    section: sec-one
    difficulty: 1
    points: 1.5
    pool: [exam]
    prompt: Which of these does the customer take part in?
    options:
      - {id: desk, text: The talk at the desk, correct: true, rationale: "She speaks, so $x > 0$."}
      - {id: file, text: The filing, correct: false, feedback: "Who is there?", rationale: Nobody looks on.}
"""

NUMERIC = """
  - id: share
    kind: numeric
    objective: sample/2
    section: sec-one
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

ORDER = """
  - id: steps
    kind: order
    objective: sample/2
    section: sec-one
    difficulty: 2
    points: 2
    pool: [exercise, exam]
    prompt: Put the steps of a visit in order.
    items:
      - {id: arrive, text: She arrives, feedback: Nothing runs before somebody comes.}
      - {id: wait, text: She waits, feedback: The line stands between door and clerk.}
      - {id: talk, text: She *talks*, feedback: Talking needs a clerk who is free.}
      - {id: sign, text: She signs, feedback: "Signing needs papers: $x > 0$."}
      - {id: leave, text: She leaves, feedback: Nothing of the visit comes after this.}
    mistakes:
      - {id: gone, order: [leave, arrive], feedback: She is gone before she came.}
    solution: Arrive, wait, talk, sign, leave.
"""

MATCH = """
  - id: offices
    kind: match
    objective: sample/2
    section: sec-one
    difficulty: 1
    points: 2
    pool: [exercise, exam]
    prompt: Which task belongs where?
    groups:
      - id: front
        text: Front & *open* office
        items:
          - {id: greet, text: Greet, feedback: "Whom would you greet there?"}
          - {id: advise, text: Advise, feedback: Advice has somebody who asks.}
      - id: back
        text: Back office
        items:
          - {id: file, text: "File *papers*", feedback: Papers need nobody to look on.}
          - {id: bill, text: Write the bill, feedback: "A bill can wait: $t < 1$."}
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

CODE = """
  - id: compute
    kind: code
    objective: sample/2
    section: sec-one
    difficulty: 2
    points: 2
    pool: [exercise]
    prompt: Write `share(present, total)`.
    tests:
      - {code: "assert share(3, 4) == 0.75", message: Three of four is 0.75.}
      - {code: "share(0, 9) == 0", message: "Nobody there, no contact.", hidden: true}
    solution: |
      ```python
      def share(present, total):
          return present / total
      ```
"""

KINDS = CHOICE + NUMERIC + CHOICES + ORDER + MATCH + REFLECT + CODE

# What could end an element, a formula, a line of text2qti, or a record of CSV.
HOSTILE = r"""
  - id: hostile
    kind: choices
    objective: sample/1
    section: sec-one
    difficulty: 3
    points: 2
    pool: [check]
    prompt: |
      % Ends with ]]> and <script>alert("x")</script> & `a < b`, for \$5 or {.class} *or* C:\\temp, 100 % and \num.

      *a) is no option, and -- no comment.

      | wait | cost |
      | --- | --: |
      | $a_1 < b$ | \$12 |

      ```python
      if wait < 5:  # `ticks`
          print("$5", '\n')
      ```

      $$\frac{a}{b} \le 1 \& c$$

      1. Choose.
    options:
      - {id: one, text: "`x` < $\\rho$ & \"y\"", correct: true}
      - {id: two, text: "true", correct: true, feedback: "[*] no"}
      - {id: three, text: "... <b>", correct: false, feedback: "]]> $x$$y$"}
    hints: ["]]>"]
    instructor: "Only for you: swordfish."
"""
UNHELD = """
  - id: eleven
    kind: choices
    objective: sample/1
    section: sec-one
    difficulty: 1
    points: 1
    pool: [check]
    prompt: Which?
    options:
      - {id: wrong, text: No, correct: false, feedback: No.}
""" + "".join(f"      - {{id: o-{number}, text: Yes {number}, correct: true}}\n" for number in range(11))
TWINS = """
  - id: twins
    kind: choice
    objective: sample/1
    section: sec-one
    difficulty: 1
    points: 1
    pool: [check]
    prompt: Which?
    options:
      - {id: one, text: The same, correct: true}
      - {id: two, text: The same, correct: false, feedback: No.}
"""
TINY = """
  - id: tiny
    kind: numeric
    objective: sample/1
    section: sec-one
    difficulty: 1
    points: 1
    pool: [check]
    prompt: "How much is [[part]] of a million?"
    given:
      part: {from: 1, to: 40, step: 1}
    answer: part / 1000000
    solution: It is little.
"""
