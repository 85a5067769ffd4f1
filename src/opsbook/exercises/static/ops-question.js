// <ops-question>: brings the static markup of a question (page.py) to life, in the page, in the practice exam and in
// JupyterLab. It marks only by comparing a response with what Python computed, rule by rule as Python does.
//
// On the class, customElements.get("ops-question"):
//   mark(data, variant, response)  judges without a view → {mark, html, mistake, attempted}. `data` is the payload,
//                                  `variant` an index; a response of another type than the kind's counts as blank.
//   hash32(text), shuffled(ids, salt)  the same numbers and orders as shuffling.py.
//   disordered(ids, key)  the ids, the first last if they stand as in `key`; without a key as they are.
//   store    the answers under "opsbook-progress" in local storage: load(id) → record or null; save(id, record) →
//            whether it is kept; all() → answers by id, or null if none is kept (or readable); replace(answers) →
//            whether they are kept in place of all others ({} removes them); blocked() → whether nothing is kept
//            nor can be; a full storage is not blocked.
// On an element, once it is connected:
//   data, variant          the payload, and the index of the variant shown.
//   response               get: what is filled in, typed as the contract says; steps that nobody has moved yet are [].
//                          set: fills it in; what does not fit the kind clears the fields. Neither marks nor keeps.
//   use(variant)           asks that variant afresh: blank, no hints, no attempts.
//   arrange(ids)           shows the options or items in that order; steps never in the right one (first goes last).
//                          Changes `data` accordingly, and clears a response of steps.
//   store                  set before connecting: another {load, save} in place of the class's.
//   confirm(kept)          for such a store, which learns only later whether an answer is kept.
// "ops-answer" bubbles after each attempt: {id, seed, response, mark, attempts, hints, at}.
// With the attribute data-exam (set before connecting; page.markup(exam=True) does) there are no buttons and no
// feedback, and nothing is loaded or kept. "ops-change" {id, response} bubbles whenever the response changes, and
//   reveal()               ends it: fields are switched off; verdict, message and the variant's `review` (HTML) appear;
//                          returns what mark does.
(() => {
  "use strict";
  if (customElements.get("ops-question")) return;

  const KEY = "opsbook-progress";
  const FORMAT = 1;
  const LONGEST = 64;

  // --- shuffling -----------------------------------------------------------------------------------------------

  function hash32(text) {
    let hash = 0x811c9dc5;
    for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) >>> 0;
  }

  const shuffled = (ids, salt) =>
    [...ids]
      .map((id) => [hash32(`${salt}|${id}`), id])
      .sort(([first, id], [second, other]) => first - second || (id < other ? -1 : 1))
      .map(([, id]) => id);

  const disordered = (ids, key) =>
    key && key.every((id, index) => id === ids[index]) ? [...ids.slice(1), ids[0]] : ids;

  // --- reading and marking -------------------------------------------------------------------------------------

  const GROUPED = [
    ["", /^[0-9]{1,3}(?:[ '’][0-9]{3})+(?:[.,][0-9]*)?$/],
    [",", /^(?:[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]*|[0-9]{1,3}(?:,[0-9]{3}){2,})$/],
    [".", /^(?:[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]*|[0-9]{1,3}(?:\.[0-9]{3}){2,})$/],
  ];

  const NUMBER = "([0-9.,][0-9.,'’ ]*)((?:[eE][+-]?[0-9]+)?)";
  const ANSWER = new RegExp(`^([+-]?) ?${NUMBER}([^]*)$`);
  const BELOW_THE_LINE = new RegExp(`^/ ?${NUMBER}([^]*)$`);
  const trim = (text) => text.replace(/^ +| +$/g, "");
  const spelling = (rest) => rest.replace(/ ?\/ ?/g, "/").replace(/\.$/, "").toLowerCase();

  function value(sign, typed, exponent) {
    let digits = typed.replace(/ +$/, "");
    if (/^[1-9][0-9]{0,2},[0-9]{3}$/.test(digits)) return "ambiguous";
    if (!/^(?:[0-9]+[.,]?|[0-9]*[.,][0-9]+)$/.test(digits)) {
      const group = GROUPED.find(([, form]) => form.test(digits));
      if (!group) return "unreadable";
      digits = digits.replace(/[ '’]/g, "").split(group[0] || " ").join("");
    }
    const number = Number(sign + digits.replace(",", ".") + exponent);
    return Number.isFinite(number) ? number : "unreadable";
  }

  // Returns a number, or the name of the message that says why there is none.
  function readNumber(typed, units) {
    const text = trim(typed.replace(/[ \t\n\r\u00a0\u2007\u2009\u202f]+/g, " ")).replace(/\u2212/g, "-");
    if (!text) return "blank";
    const parts = ANSWER.exec(text);
    if (!parts || [...text].length > LONGEST) return "unreadable";
    let number = value(parts[1], parts[2], parts[3]);
    if (typeof number === "string") return number;
    let rest = trim(parts[4]);
    const fraction = Object.hasOwn(units, spelling(rest)) ? null : BELOW_THE_LINE.exec(rest);
    if (fraction) {
      const below = value("", fraction[1], fraction[2]);
      if (typeof below === "string") return below;
      number /= below;
      rest = trim(fraction[3]);
      if (!below || !Number.isFinite(number) || BELOW_THE_LINE.test(rest)) return "unreadable";
    }
    const unit = spelling(rest);
    if (unit && !Object.hasOwn(units, unit)) return "unit";
    return unit ? number / units[unit] : number;
  }

  const unattempted = (html) => ({ mark: 0, html, mistake: null, attempted: false });
  const judged = (mark, html, mistake = null) => ({ mark, html, mistake, attempted: true });

  // The steps follow the rules of order.py from the best answer to the worst.
  function markOrder({ messages }, { items, key, mistakes, solution }, response) {
    const count = key.length;
    if (response.length !== count || !key.every((id) => response.includes(id))) return unattempted(messages.blank);
    const place = (id) => response.indexOf(id);
    const follows = (ids) => ids.every((id, index) => !index || place(ids[index - 1]) < place(id));
    if (follows(key)) return judged(1, solution || messages.right);

    let discordant = 0;
    key.forEach((id, index) => {
      for (const later of key.slice(index + 1)) if (place(later) < place(id)) discordant += 1;
    });
    const mark = Math.max(0, 1 - (4 * discordant) / (count * (count - 1)));
    const slip = mistakes.find((each) => follows(each.order));
    if (slip) return judged(mark, slip.feedback, slip.id);
    if (follows([...key].reverse())) return judged(mark, messages.reversed, "reversed");
    const without = (ids, id) => ids.filter((each) => each !== id).join();
    const single = response.find((id) => without(response, id) === without(key, id));
    if (single) {
      const { feedback } = items.find(({ id }) => id === single);
      return judged(mark, `${messages.single}\n${feedback}`, single);
    }
    return judged(mark, messages.leading[key.findIndex((id, index) => id !== response[index])]);
  }

  // Each kind: `blank`, the empty response; `mark`; `read` and `write`, between the fields and a response.
  const inputs = (form) => [...form.querySelectorAll("input")];
  const ticked = (form) => inputs(form).filter((input) => input.checked);
  const tick = (form, test) => inputs(form).forEach((input) => (input.checked = test(input)));
  const steps = (form) => form.querySelector(".ops-steps");
  const itemOf = (input) => input.name.replace("item-", "");

  const written = {
    blank: "",
    read: (form) => form.elements.response.value,
    write(form, response) {
      form.elements.response.value = response;
    },
  };

  const KINDS = {
    choice: {
      blank: "",
      mark({ messages }, { options }, response) {
        const option = options.find(({ id }) => id === response);
        if (!option) return unattempted(messages.blank);
        return option.correct ? judged(1, option.feedback) : judged(0, option.feedback, option.id);
      },
      read: (form) => (ticked(form)[0] || { value: "" }).value,
      write: (form, response) => tick(form, (input) => input.value === response),
    },
    choices: {
      blank: [],
      mark({ messages }, { options }, response) {
        const chosen = options.filter(({ id }) => response.includes(id));
        if (!chosen.length) return unattempted(messages.blank);
        const slips = chosen.filter(({ correct }) => !correct);
        const hits = chosen.length - slips.length;
        const right = options.filter(({ correct }) => correct);
        const missing = right.length - hits;
        const mark = Math.max(0, (hits - slips.length) / right.length);
        const parts = (slips.length || missing ? slips : right).map(({ feedback }) => feedback).filter(Boolean);
        if (mark === 1) return judged(1, parts.join("\n") || messages.right);
        if (missing) parts.push(messages.missing[missing]);
        return judged(mark, parts.join("\n"), slips.length ? slips[0].id : "incomplete");
      },
      read: (form) => ticked(form).map(({ value }) => value),
      write: (form, response) => tick(form, (input) => response.includes(input.value)),
    },
    numeric: {
      ...written,
      mark({ messages, units }, variant, response) {
        const number = readNumber(response, units);
        if (typeof number === "string") return unattempted(messages[number]);
        const within = ({ low, high }) => low <= number && number <= high;
        if (within(variant)) return judged(1, variant.solution);
        const slip = variant.mistakes.find(within);
        return slip ? judged(0, slip.feedback, slip.id) : judged(0, messages.wrong);
      },
    },
    order: {
      blank: [],
      mark: markOrder,
      read: (form) => (steps(form).dataset.moved ? [...steps(form).children].map((step) => step.dataset.id) : []),
      write(form, response, { items }) {
        const whole = response.length === items.length && items.every(({ id }) => response.includes(id));
        place(form, whole ? response : items.map(({ id }) => id));
        steps(form).dataset.moved = whole ? "yes" : "";
      },
    },
    match: {
      blank: {},
      mark({ messages }, { groups, items, solution }, response) {
        const known = ({ id }) => Object.hasOwn(response, id) && groups.some((group) => group.id === response[id]);
        const placed = items.filter(known);
        if (!placed.length) return unattempted(messages.blank);
        const wrong = placed.filter(({ id, group }) => response[id] !== group);
        const left = items.length - placed.length;
        if (!wrong.length && !left) return judged(1, solution || messages.right);
        const parts = left ? [messages.unplaced[left]] : [];
        if (wrong.length) parts.push(messages.misplaced[wrong.length], wrong[0].feedback);
        const mark = (placed.length - wrong.length) / items.length;
        return judged(mark, parts.join("\n"), wrong.length ? wrong[0].id : "incomplete");
      },
      read: (form) => Object.fromEntries(ticked(form).map((input) => [itemOf(input), input.value])),
      write: (form, response) =>
        tick(form, (input) => Object.hasOwn(response, itemOf(input)) && response[itemOf(input)] === input.value),
    },
    reflect: {
      ...written,
      mark: ({ messages }, _variant, response) =>
        /[^ \t\r\n]/.test(response) ? judged(1, messages.kept) : unattempted(messages.blank),
      write(form, response) {
        written.write(form, response);
        grow(form.elements.response);
      },
    },
    // Written and checked in its notebook.
    code: { blank: "", mark: () => unattempted(""), read: () => "", write() {} },
  };

  const alike = (one, other) =>
    typeof one === typeof other && other !== null && Array.isArray(one) === Array.isArray(other);
  const fitting = (kind, response) => (alike(kind.blank, response) ? response : kind.blank);

  function mark(data, variant, response) {
    const kind = KINDS[data.kind];
    return kind.mark(data, data.variants[variant], fitting(kind, response));
  }

  // --- progress ------------------------------------------------------------------------------------------------

  const readAnswers = () => {
    const kept = JSON.parse(localStorage.getItem(KEY) || "null");
    return kept && kept.format === FORMAT && alike({}, kept.answers) ? kept.answers : null;
  };

  const store = {
    all() {
      try {
        return readAnswers();
      } catch {
        return null;
      }
    },
    load(id) {
      const answers = store.all();
      return (answers && Object.hasOwn(answers, id) && answers[id]) || null;
    },
    // Reads again before it writes, so that another tab's answers stay.
    save: (id, record) => store.replace({ ...store.all(), [id]: record }),
    replace(answers) {
      try {
        // What is not ours to read, a later version's perhaps, is replaced but not lost.
        const found = localStorage.getItem(KEY);
        if (found && !store.all()) localStorage.setItem(`${KEY}-set-aside`, found);
        if (Object.keys(answers).length) localStorage.setItem(KEY, JSON.stringify({ format: FORMAT, answers }));
        else localStorage.removeItem(KEY);
        return true;
      } catch {
        return false;
      }
    },
    blocked() {
      try {
        if (localStorage.length) return false;
        localStorage.setItem(`${KEY}-probe`, "");
        localStorage.removeItem(`${KEY}-probe`);
        return false;
      } catch {
        return true;
      }
    },
  };

  let storageNoted = false;
  const NOT_KEPT = "<p>Not kept. Copy your text to another place before you leave; here it would be lost.</p>";

  // --- the view ------------------------------------------------------------------------------------------------

  const icon = (path) => `<svg class="ops-icon" viewBox="0 0 16 16" aria-hidden="true">${path}</svg>`;
  const CHECK = icon('<path d="M2.5 8.5l4 4 7-9"/>');
  const ICONS = {
    right: CHECK,
    partly: icon('<circle cx="8" cy="8" r="6"/><path fill="currentColor" d="M8 2a6 6 0 0 0 0 12z"/>'),
    wrong: icon('<path d="M3.5 3.5l9 9m0-9l-9 9"/>'),
    kept: CHECK,
    note: icon('<path d="M8 3v6m0 3v1"/>'),
  };
  const UP = icon('<path d="M8 13.5v-11m-4.5 4.5l4.5-4.5 4.5 4.5"/>');
  const DOWN = icon('<path d="M8 2.5v11m-4.5-4.5l4.5 4.5 4.5-4.5"/>');
  const GRIP = icon('<path d="M5.5 3v.01m5 0v-.01m-5 5v.01m5 0v-.01m-5 5v.01m5 0v-.01"/>');
  const WORDS = { right: "Right", wrong: "Not yet" };

  // What appears after a press is out of sight on a small or enlarged screen.
  const bringIntoView = (node) => node.scrollIntoView({ block: "nearest", behavior: "instant" });

  const make = (tag, className, properties) =>
    Object.assign(document.createElement(tag), { className }, properties);

  function place(form, ids) {
    for (const id of ids) {
      const node = form.querySelector(`[data-id="${id}"]`);
      node.parentNode.append(node);
    }
  }

  // Where the style sheet's field-sizing is not known.
  function grow(area) {
    area.style.height = "";
    if (area.scrollHeight > area.clientHeight) area.style.height = `${area.scrollHeight + 4}px`;
  }

  class OpsQuestion extends HTMLElement {
    static mark = mark;
    static hash32 = hash32;
    static shuffled = shuffled;
    static disordered = disordered;
    static store = store;

    connectedCallback() {
      if (this.data) return;
      if (this.querySelector("script")) this.start();
      else document.addEventListener("DOMContentLoaded", () => this.data || this.start(), { once: true });
    }

    start() {
      const script = this.querySelector("script");
      if (!script) return;
      this.data = JSON.parse(script.textContent);
      this.kind = KINDS[this.data.kind];
      this.store = this.store || store;
      this.exam = "exam" in this.dataset;
      this.form = this.querySelector("form");
      for (const part of this.querySelectorAll(".ops-key, .ops-hints")) part.hidden = true;

      this.checker = make("button", "ops-check", { type: "submit", textContent: "Check" });
      this.checker.hidden = this.data.kind === "code";
      this.hinter = this.button("ops-hint", () => this.showHint());
      this.renewer = this.button("ops-renew", () => this.renew());
      this.renewer.textContent = "New numbers";
      this.solver = this.button("ops-solve", () => this.toggleSolution());
      const actions = make("div", "ops-actions");
      actions.append(this.checker, this.hinter, this.renewer, this.solver);
      this.feedback = make("div", "ops-feedback");
      this.hintList = make("ol", "ops-ladder", { hidden: true });
      this.hintList.setAttribute("aria-label", "Hints");
      this.solution = make("div", "ops-solution", { hidden: true });
      this.solution.setAttribute("role", "group");
      this.solution.setAttribute("aria-label", this.data.kind === "reflect" ? "Model answer" : "Solution");
      const [hints, key] = [this.hintList, this.solution].map((part) => {
        const help = make("div", "ops-help");
        help.append(part);
        return help;
      });
      this.append(hints, this.feedback, key);
      this.setAttribute("role", "group");
      // At the end of an exam many are filled at once, which nobody wants to hear.
      if (!this.exam) {
        this.form.append(actions);
        this.feedback.setAttribute("role", "status");
        for (const help of [hints, key]) help.setAttribute("aria-live", "polite");
      }

      if (this.data.kind === "order") this.enliven(steps(this.form));
      if (this.data.kind === "reflect") this.listenToWriting();
      this.form.addEventListener("submit", (event) => {
        event.preventDefault();
        if (!this.exam) this.check();
      });
      this.form.addEventListener("input", () => this.changed());
      this.use(0);
      if (!this.exam) this.restore();
    }

    button(className, action) {
      const button = make("button", className, { type: "button" });
      button.addEventListener("click", action);
      return button;
    }

    get current() {
      return this.data.variants[this.variant];
    }

    get response() {
      return this.kind.read(this.form);
    }

    set response(response) {
      this.endDrag?.();
      this.kind.write(this.form, fitting(this.kind, response), this.current);
      this.atEnds();
    }

    use(variant) {
      this.variant = variant;
      this.attempts = 0;
      this.hints = 0;
      this.record = null;
      this.dataset.seed = this.current.seed;
      this.querySelector(".ops-stem").innerHTML = this.current.stem;
      for (const ask of this.querySelectorAll(".ops-ask")) ask.innerHTML = this.current.legend;
      // Whose "Check" this is, say a few words; the legend says them all.
      const words = (this.querySelector(".ops-ask") || this.querySelector(".ops-stem")).textContent.trim().split(/\s+/);
      this.setAttribute("aria-label", `Question: ${words.slice(0, 8).join(" ")}${words.length > 8 ? " …" : ""}`);
      this.hintList.replaceChildren();
      this.hintList.hidden = true;
      this.solution.innerHTML = this.current.solution;
      this.solution.hidden = true;
      this.response = null;
      this.say("");
      this.label();
    }

    arrange(ids) {
      const { key } = this.current;
      const name = ["options", "items"].find((each) => this.current[each]);
      if (!name) return;
      const order = disordered(ids, key);
      this.current[name] = order.map((id) => this.current[name].find((each) => each.id === id));
      place(this.form, order);
      if (key) this.response = null;
    }

    label() {
      const total = this.current.hints.length;
      const left = this.hints < total;
      const reflect = this.data.kind === "reflect";
      // What the message says already is not offered a second time.
      const told = this.message === this.current.solution;
      if (told) this.solution.hidden = true;
      this.hinter.hidden = !total;
      // A button that vanishes under the finger loses the keyboard's place, so it stays and says why it rests.
      this.hinter.textContent = left ? `Hint ${this.hints + 1} of ${total}` : "All hints shown";
      this.hinter.setAttribute("aria-disabled", String(!left));
      const open = !this.solution.hidden;
      if (reflect) this.checker.textContent = "Keep";
      this.solver.textContent = `${open ? "Hide" : "Show"} the ${reflect ? "model answer" : "solution"}`;
      this.solver.setAttribute("aria-expanded", String(open));
      // A model answer comes after one's own.
      this.solver.hidden = !this.current.solution || told || (reflect && !this.attempts);
      this.renewer.hidden = !this.attempts || this.data.variants.length < 2;
    }

    say(state, html = "", word = WORDS[state]) {
      this.message = html;
      this.feedback.dataset.state = state;
      this.feedback.replaceChildren();
      if (!state) return;
      const verdict = word ? `<strong>${word}</strong>` : "";
      this.feedback.innerHTML = `<div class="ops-verdict">${ICONS[state]}${verdict}</div><div>${html}</div>`;
      if (this.data.section && (state === "wrong" || state === "partly")) {
        const line = make("p", "");
        line.append(make("a", "", { href: this.data.section, textContent: "Read the section again" }));
        this.feedback.lastChild.append(line);
      }
    }

    judge(response) {
      const marked = mark(this.data, this.variant, response);
      if (!marked.attempted) this.say("note", marked.html);
      else if (this.data.kind === "reflect") this.say("kept", marked.html);
      else if (marked.mark === 1) this.say("right", marked.html);
      else if (!marked.mark) this.say("wrong", marked.html);
      else {
        const count = this.current.items?.length;
        const share = this.data.kind === "match"
          ? `${Math.round(marked.mark * count)} of ${count}`
          : `${Math.round(100 * marked.mark)}%`;
        this.say("partly", marked.html, `Partly right: ${share}`);
      }
      return marked;
    }

    changed() {
      if (!this.exam) {
        this.say("");
        this.label();
        return;
      }
      const detail = { id: this.data.id, response: this.response };
      this.dispatchEvent(new CustomEvent("ops-change", { bubbles: true, detail }));
    }

    check() {
      const { response } = this;
      const marked = this.judge(response);
      if (marked.attempted) {
        if (!this.keepAnswer(response, marked)) this.confirm(false);
        this.label();
      } else this.form.querySelector("input, textarea, button:not([aria-disabled=true])").focus();
      bringIntoView(this.feedback);
    }

    // A mark lasts for a while without being kept; a text that nobody keeps is lost.
    confirm(kept) {
      if (this.data?.kind !== "reflect" || !this.feedback.dataset.state) return;
      const { attempted } = this.judge(this.response);
      if (attempted && !kept) this.say("note", NOT_KEPT);
    }

    keepAnswer(response, { mark: value }) {
      // Only another answer is another attempt: a second press on the button, or a reader who comes back, is none.
      const again = this.record && JSON.stringify(this.record.response) === JSON.stringify(response);
      if (!again) this.attempts += 1;
      this.record = {
        seed: this.current.seed,
        response,
        mark: value,
        attempts: this.attempts,
        hints: this.hints,
        at: new Date().toISOString(),
      };
      const kept = this.keep();
      const detail = { id: this.data.id, ...this.record };
      this.dispatchEvent(new CustomEvent("ops-answer", { bubbles: true, detail }));
      return kept;
    }

    keep() {
      const kept = this.store.save(this.data.id, this.record);
      if (!kept && !storageNoted) {
        storageNoted = true;
        const why = store.blocked() ? "keeps nothing for this page, so" : "has no room left for this page, so new";
        this.append(make("p", "ops-note", { textContent: `This browser ${why} answers last until you leave it.` }));
      }
      return kept;
    }

    restore() {
      const record = this.store.load(this.data.id);
      if (!record) return;
      const { variants } = this.data;
      const variant = variants.length > 1 ? variants.findIndex((each) => each.seed === record.seed) : 0;
      if (variant < 0) return;
      // Code is judged in its notebook; here stand only the hints that were read.
      if (this.data.kind !== "code") {
        if (!mark(this.data, variant, record.response).attempted) return;
        if (variant) this.use(variant);
        this.response = record.response;
        this.judge(record.response);
      }
      this.record = record;
      this.attempts = Number(record.attempts) || 1;
      for (let shown = 0; shown < Math.min(record.hints, this.current.hints.length); shown += 1) this.revealHint();
      this.label();
    }

    revealHint() {
      if (this.hints >= this.current.hints.length) return;
      this.hintList.append(make("li", "", { innerHTML: this.current.hints[this.hints] }));
      this.hintList.hidden = false;
      this.hints += 1;
    }

    showHint() {
      this.revealHint();
      this.label();
      bringIntoView(this.hintList.lastChild);
      if (!this.record) return;
      // What another tab has answered since is the later answer, and stays.
      const kept = this.store.load(this.data.id);
      if (kept && kept.at !== this.record.at) return;
      this.record = { ...this.record, hints: this.hints };
      this.keep();
    }

    toggleSolution() {
      this.solution.hidden = !this.solution.hidden;
      this.label();
      if (!this.solution.hidden) bringIntoView(this.solution);
    }

    renew() {
      this.use((this.variant + 1) % this.data.variants.length);
      this.say("note", "<p>The question has new numbers.</p>");
      this.form.querySelector("input").focus();
    }

    reveal() {
      this.endDrag?.();
      const marked = this.judge(this.response);
      if (!marked.attempted && marked.html === this.data.messages.blank) this.say("wrong", "", "Not answered");
      // The solution stands in the review.
      if (this.message && this.message === this.current.solution) this.say("right");
      this.form.querySelector("fieldset").disabled = true;
      this.live?.replaceChildren();
      this.solution.innerHTML = this.current.review;
      this.solution.hidden = false;
      this.arrangeReview(marked);
      return marked;
    }

    // The reasons as the exam shows the options, with the reader's own marked; of items, those about a wrong place.
    arrangeReview({ mistake }) {
      const { response } = this;
      for (const { id, group } of this.current.options || this.current.items || []) {
        const line = this.solution.querySelector(`[data-of="${id}"]`);
        if (!line) continue;
        const own = group ? response[id] : [response].flat().includes(id);
        if (group && (!own || own === group || id === mistake)) line.remove();
        else line.parentNode.append(line);
        if (own && !group) line.querySelector("strong").prepend("Your answer. ");
      }
    }

    // --- writing: kept as soon as the reader leaves the field, or the page ---

    listenToWriting() {
      const area = this.form.elements.response;
      const keepQuietly = () => {
        const { response } = this;
        const marked = mark(this.data, this.variant, response);
        if (this.exam || !marked.attempted || this.record?.response === response) return;
        // No word of it: what appeared now would push away what the reader is about to press.
        this.keepAnswer(response, marked);
      };
      area.addEventListener("input", () => grow(area));
      area.addEventListener("change", keepQuietly);
      window.addEventListener("pagehide", () => this.isConnected && keepQuietly());
    }

    // --- steps to put in order ---

    enliven(list) {
      this.live = make("p", "ops-live");
      this.live.setAttribute("aria-live", "polite");
      this.append(this.live);
      for (const step of list.children) {
        const text = step.textContent.trim();
        const handle = make("span", "ops-handle", { innerHTML: GRIP });
        handle.setAttribute("aria-hidden", "true");
        handle.addEventListener("pointerdown", (event) => this.drag(event, step));
        const mover = (name, picture, by) => {
          const button = this.button("ops-move", () => this.shift(step, by) && this.moved(step));
          button.innerHTML = picture;
          button.setAttribute("aria-label", `${name}: ${text}`);
          return button;
        };
        const movers = make("span", "ops-movers");
        movers.append(mover("Move up", UP, -1), mover("Move down", DOWN, 1));
        step.prepend(handle);
        step.append(movers);
      }
    }

    // Moves the neighbour, so that the step itself keeps focus and pointer.
    shift(step, by) {
      const other = by < 0 ? step.previousElementSibling : step.nextElementSibling;
      if (other) step[by < 0 ? "after" : "before"](other);
      return other;
    }

    moved(step) {
      const list = step.parentNode;
      const number = [...list.children].indexOf(step) + 1;
      const text = step.querySelector(".ops-text").textContent.trim();
      list.dataset.moved = "yes";
      this.live.textContent = `${text} is now step ${number} of ${list.children.length}.`;
      this.atEnds();
      this.changed();
    }

    // The first cannot go up nor the last down, and their buttons say so without losing the focus.
    atEnds() {
      for (const step of this.form.querySelectorAll(".ops-steps > li")) {
        const [up, down] = step.querySelectorAll("button");
        up.setAttribute("aria-disabled", String(!step.previousElementSibling));
        down.setAttribute("aria-disabled", String(!step.nextElementSibling));
      }
    }

    drag(event, step) {
      if (this.endDrag || event.button || !event.isPrimary || this.form.querySelector("fieldset").disabled) return;
      event.preventDefault();
      const { currentTarget: handle, pointerId } = event;
      const before = [...step.parentNode.children];
      const middle = (node) => {
        const { top, height } = node.getBoundingClientRect();
        return top + height / 2;
      };
      // Where the pointer is; nowhere until it moves, so that a press near the edge scrolls nothing.
      let y;
      const follow = () => {
        while (step.previousElementSibling && y < middle(step.previousElementSibling)) this.shift(step, -1);
        while (step.nextElementSibling && y > middle(step.nextElementSibling)) this.shift(step, 1);
      };
      // Near an edge, which the style sheet's scroll-margin says, the page moves on, and the step again to the pointer.
      const scroll = () => {
        if (y === undefined) return;
        step.scrollIntoView({ block: "nearest", behavior: "instant" });
        follow();
      };
      const controller = new AbortController();
      const timer = setInterval(scroll, 120);
      const end = (dropped) => {
        controller.abort();
        clearInterval(timer);
        this.endDrag = null;
        delete step.dataset.dragged;
        if (!dropped) step.parentNode.append(...before);
        else if (before.some((each, index) => each !== step.parentNode.children[index])) this.moved(step);
      };
      const on = (target, name, action) => target.addEventListener(name, action, { signal: controller.signal });
      this.endDrag = end;
      step.dataset.dragged = "yes";
      handle.setPointerCapture(pointerId);
      on(handle, "pointermove", ({ clientY }) => {
        y = clientY;
        follow();
      });
      on(handle, "pointerup", () => end(true));
      // On the document, which is told even when the handle is no longer in it.
      on(document, "lostpointercapture", (lost) => lost.pointerId === pointerId && end(true));
      on(handle, "pointercancel", () => end(false));
      on(document, "keydown", ({ key }) => key === "Escape" && end(false));
    }
  }

  customElements.define("ops-question", OpsQuestion);
})();
