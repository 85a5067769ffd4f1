// <ops-question>: brings the static markup of a question to life. It marks only by comparing a response with what
// Python computed (see page.py); reading a typed number follows answers.py rule by rule.
(() => {
  "use strict";
  if (customElements.get("ops-question")) return;

  const KEY = "opsbook-progress";
  const FORMAT = 1;
  const LONGEST = 64;

  // --- reading and marking -------------------------------------------------------------------------------------

  const GROUPED = [
    ["", /^[0-9]{1,3}(?:[ '’][0-9]{3})+(?:[.,][0-9]*)?$/],
    [",", /^(?:[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]*|[0-9]{1,3}(?:,[0-9]{3}){2,})$/],
    [".", /^(?:[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]*|[0-9]{1,3}(?:\.[0-9]{3}){2,})$/],
  ];

  // Returns a number, or the name of the message that says why there is none.
  function readNumber(typed, units) {
    const text = typed.replace(/[ \t\n\r\u00a0\u2007\u2009\u202f]+/g, " ").replace(/^ | $/g, "").replace(/\u2212/g, "-");
    if (!text) return "blank";
    const parts = /^([+-]?) ?([0-9.,][0-9.,'’ ]*)((?:[eE][+-]?[0-9]+)?)([^]*)$/.exec(text);
    if (!parts || [...text].length > LONGEST) return "unreadable";
    let digits = parts[2].replace(/ +$/, "");
    if (/^[1-9][0-9]{0,2},[0-9]{3}$/.test(digits)) return "ambiguous";
    if (!/^(?:[0-9]+[.,]?|[0-9]*[.,][0-9]+)$/.test(digits)) {
      const group = GROUPED.find(([, form]) => form.test(digits));
      if (!group) return "unreadable";
      digits = digits.replace(/[ '’]/g, "").split(group[0] || " ").join("");
    }
    const number = Number(parts[1] + digits.replace(",", ".") + parts[3]);
    if (!Number.isFinite(number)) return "unreadable";
    const unit = parts[4].replace(/^ +| +$/g, "").replace(/\.$/, "").toLowerCase();
    if (unit && !Object.hasOwn(units, unit)) return "unit";
    return unit ? number / units[unit] : number;
  }

  const KINDS = {
    choice: {
      mark(data, variant, response) {
        const option = variant.options.find((each) => each.id === response);
        if (!option) return { mark: 0, html: data.messages.blank, mistake: null, attempted: false };
        return {
          mark: option.correct ? 1 : 0,
          html: option.feedback,
          mistake: option.correct ? null : option.id,
          attempted: true,
        };
      },
      read: (form) => (form.querySelector("input:checked") || { value: "" }).value,
      write(form, response) {
        for (const input of form.querySelectorAll("input")) input.checked = input.value === response;
      },
    },
    numeric: {
      mark(data, variant, response) {
        const number = readNumber(response || "", data.units);
        if (typeof number === "string") {
          return { mark: 0, html: data.messages[number], mistake: null, attempted: false };
        }
        const within = (range) => range.low <= number && number <= range.high;
        if (within(variant)) return { mark: 1, html: variant.solution, mistake: null, attempted: true };
        const slip = variant.mistakes.find(within);
        return {
          mark: 0,
          html: slip ? slip.feedback : data.messages.wrong,
          mistake: slip ? slip.id : null,
          attempted: true,
        };
      },
      read: (form) => form.elements.response.value,
      write(form, response) {
        form.elements.response.value = response;
      },
    },
  };

  const mark = (data, variant, response) => KINDS[data.kind].mark(data, data.variants[variant], response);

  // --- progress ------------------------------------------------------------------------------------------------

  const readProgress = () => {
    const kept = JSON.parse(localStorage.getItem(KEY) || "null");
    return kept && kept.format === FORMAT && kept.answers ? kept : null;
  };

  const pageStore = {
    load(id) {
      try {
        const kept = readProgress();
        return (kept && Object.hasOwn(kept.answers, id) && kept.answers[id]) || null;
      } catch {
        return null;
      }
    },
    // Reads again before it writes, so that another tab's answers stay.
    save(id, record) {
      let kept = null;
      try {
        kept = readProgress();
      } catch {
        // Storage may be blocked, which the next attempt shows, or hold what is not ours to read; that is replaced.
      }
      try {
        kept = kept || { format: FORMAT, answers: {} };
        kept.answers[id] = record;
        localStorage.setItem(KEY, JSON.stringify(kept));
        return true;
      } catch {
        return false;
      }
    },
  };

  let storageNoted = false;

  // --- the view ------------------------------------------------------------------------------------------------

  const ICONS = {
    right: '<svg class="ops-icon" viewBox="0 0 16 16" aria-hidden="true"><path d="M2.5 8.5l4 4 7-9"/></svg>',
    wrong: '<svg class="ops-icon" viewBox="0 0 16 16" aria-hidden="true"><path d="M3.5 3.5l9 9m0-9l-9 9"/></svg>',
    note: '<svg class="ops-icon" viewBox="0 0 16 16" aria-hidden="true"><path d="M8 3v6m0 3v1"/></svg>',
  };
  const WORDS = { right: "Right", wrong: "Not yet", note: "" };

  const make = (tag, className, properties) =>
    Object.assign(document.createElement(tag), { className }, properties);

  class OpsQuestion extends HTMLElement {
    static mark = mark;

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
      this.store = this.store || pageStore;
      this.form = this.querySelector("form");
      for (const part of this.querySelectorAll(".ops-key, .ops-hints")) part.hidden = true;

      this.checker = make("button", "ops-check", { type: "submit", textContent: "Check" });
      this.hinter = this.button("ops-hint", () => this.showHint());
      this.solver = this.button("ops-solve", () => this.toggleSolution());
      this.renewer = this.button("ops-renew", () => this.renew());
      this.renewer.textContent = "New numbers";
      const actions = make("div", "ops-actions");
      actions.append(this.checker, this.hinter, this.solver, this.renewer);
      this.feedback = make("div", "ops-feedback");
      this.feedback.setAttribute("role", "status");
      this.help = make("div", "ops-help");
      this.help.setAttribute("aria-live", "polite");
      this.hintList = make("ol", "ops-ladder", { hidden: true });
      this.solution = make("div", "ops-solution", { hidden: true });
      this.help.append(this.hintList, this.solution);
      this.form.append(actions);
      this.append(this.feedback, this.help);

      this.form.addEventListener("submit", (event) => {
        event.preventDefault();
        this.check();
      });
      this.form.addEventListener("input", () => this.say("", ""));
      this.reset(0);
      this.restore();
    }

    button(className, action) {
      const button = make("button", className, { type: "button" });
      button.addEventListener("click", action);
      return button;
    }

    get current() {
      return this.data.variants[this.variant];
    }

    reset(variant) {
      this.variant = variant;
      this.attempts = 0;
      this.hints = 0;
      this.dataset.seed = this.current.seed;
      this.querySelector(".ops-stem").innerHTML = this.current.stem;
      this.querySelector(".ops-ask").innerHTML = this.current.legend;
      this.hintList.replaceChildren();
      this.hintList.hidden = true;
      this.solution.innerHTML = this.current.solution;
      this.solution.hidden = true;
      this.say("", "");
      this.label();
    }

    label() {
      const total = this.current.hints.length;
      const left = this.hints < total;
      this.hinter.hidden = !total;
      // A button that vanishes under the finger loses the keyboard's place, so it stays and says why it rests.
      this.hinter.textContent = left ? `Hint ${this.hints + 1} of ${total}` : "All hints shown";
      this.hinter.setAttribute("aria-disabled", String(!left));
      const open = !this.solution.hidden;
      this.solver.textContent = open ? "Hide the solution" : "Show the solution";
      this.solver.setAttribute("aria-expanded", String(open));
      this.solver.hidden = !this.attempts || !this.current.solution;
      this.renewer.hidden = !this.attempts || this.data.variants.length < 2;
    }

    say(state, html) {
      this.feedback.dataset.state = state;
      if (!state) {
        this.feedback.replaceChildren();
        return;
      }
      const word = WORDS[state] && `<strong>${WORDS[state]}</strong>`;
      const section = this.data.section && state === "wrong";
      this.feedback.innerHTML = `<div class="ops-verdict">${ICONS[state]}${word}</div><div>${html}</div>`;
      if (section) {
        const link = make("a", "", { href: this.data.section, textContent: "Read the section again" });
        const line = make("p", "");
        line.append(link);
        this.feedback.lastChild.append(line);
      }
    }

    judge(response) {
      const marked = mark(this.data, this.variant, response);
      this.say(marked.attempted ? (marked.mark === 1 ? "right" : "wrong") : "note", marked.html);
      return marked;
    }

    check() {
      const response = this.kind.read(this.form);
      const marked = this.judge(response);
      if (!marked.attempted) {
        this.form.querySelector("input:checked, input").focus();
        return;
      }
      this.attempts += 1;
      this.record = {
        seed: this.current.seed,
        response,
        mark: marked.mark,
        attempts: this.attempts,
        hints: this.hints,
        at: new Date().toISOString(),
      };
      this.label();
      this.keep();
      const detail = { id: this.data.id, ...this.record };
      this.dispatchEvent(new CustomEvent("ops-answer", { bubbles: true, detail }));
    }

    keep() {
      if (this.store.save(this.data.id, this.record) || storageNoted) return;
      storageNoted = true;
      const textContent = "This browser keeps nothing for this page, so answers last until you leave it.";
      this.append(make("p", "ops-note", { textContent }));
    }

    restore() {
      const record = this.store.load(this.data.id);
      if (!record || typeof record.response !== "string") return;
      const variants = this.data.variants;
      const variant = variants.length > 1 ? variants.findIndex((each) => each.seed === record.seed) : 0;
      if (variant < 0) return;
      if (variant) this.reset(variant);
      this.kind.write(this.form, record.response);
      if (!this.judge(record.response).attempted) {
        this.say("", "");
        return;
      }
      this.record = record;
      this.attempts = record.attempts;
      for (let shown = 0; shown < record.hints; shown += 1) this.revealHint();
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
      if (this.record && this.record.seed === this.current.seed && this.attempts) {
        this.record = { ...this.record, hints: this.hints };
        this.keep();
      }
    }

    toggleSolution() {
      this.solution.hidden = !this.solution.hidden;
      this.label();
    }

    renew() {
      this.reset((this.variant + 1) % this.data.variants.length);
      this.kind.write(this.form, "");
      this.say("note", "<p>The question has new numbers.</p>");
      this.form.querySelector("input").focus();
    }
  }

  customElements.define("ops-question", OpsQuestion);
})();
