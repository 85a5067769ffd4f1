"""A question of each kind as bank files hold them, and some that a learning management system could trip over."""

from ..exercises.questions import CHOICES, NUMERIC, REFLECT  # noqa: TID252 - tests have no name to be imported by

# The small chapters of these tests have one section.
NUMERIC = NUMERIC.replace("sec-two", "sec-one")

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
