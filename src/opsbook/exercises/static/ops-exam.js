// <ops-exam>: a practice exam. It draws questions as exam.py does, lets <ops-question> ask and mark them, and keeps
// its state after every step, so that leaving or reloading the page loses nothing. It needs ops-question.js before it,
// window.opsbookCatalogue, and beside itself a file per chapter (exam/NAME.js), loaded when the chapter is drawn from.
(() => {
  "use strict";
  if (customElements.get("ops-exam")) return;

  const KEY = "opsbook-exam";
  const FORMAT = 1;
  const MINUTE = 60000;
  // How an exam is made up, in sixteenths and in quarters, as exam.py has it.
  const KIND_SHARES = { choice: 8, numeric: 4, choices: 2, order: 1, match: 1 };
  const DIFFICULTY_SHARES = { 1: 1, 2: 2, 3: 1 };
  const MARKED = Object.keys(KIND_SHARES);
  const READY = [
    { name: "Full exam", n: 80, minutes: 120 },
    { name: "Short exam", n: 20, minutes: 30 },
  ];
  const DIFFICULTIES = { 1: "recall", 2: "application", 3: "judgement" };
  const LEVELS = [1, 2, 3];
  const LONGEST = 600;
  const HERE = (document.currentScript && document.currentScript.src) || document.baseURI;
  const element = () => customElements.get("ops-question");

  // --- drawing: the same rule as draw_exam of exam.py ------------------------------------------------------------

  const chapterOf = (id) => id.split("/")[0];

  function draw(pool, { n, seed, chapters, difficulties }) {
    const { shuffled } = element();
    const eligible = Object.keys(pool).filter(
      (id) =>
        chapters.includes(chapterOf(id)) &&
        difficulties.includes(pool[id].difficulty) &&
        MARKED.includes(pool[id].kind),
    );
    const left = new Map();
    for (const id of shuffled(eligible, `${seed}`)) {
      const chapter = chapterOf(id);
      left.set(chapter, [...(left.get(chapter) || []), id]);
    }
    const turns = shuffled([...left.keys()], `${seed}|chapters`);
    const drawn = [];
    const came = new Map();
    const of = (each) => came.get(each) || 0;
    const behind = (id) => {
      const { kind, difficulty, objective } = pool[id];
      const place = drawn.length + 1;
      const ofKind = KIND_SHARES[kind] * place - 16 * of(kind);
      const ofDifficulty = DIFFICULTY_SHARES[difficulty] * place - 4 * of(difficulty);
      return [ofKind + 4 * ofDifficulty, -of(objective)];
    };
    const most = Math.min(n, eligible.length);
    while (drawn.length < most) {
      for (const chapter of turns) {
        const ids = left.get(chapter);
        if (!ids.length || drawn.length === most) continue;
        let [chosen, best] = [ids[0], behind(ids[0])];
        for (const id of ids.slice(1)) {
          const place = behind(id);
          if (place[0] > best[0] || (place[0] === best[0] && place[1] > best[1])) [chosen, best] = [id, place];
        }
        ids.splice(ids.indexOf(chosen), 1);
        drawn.push(chosen);
        const { kind, difficulty, objective } = pool[chosen];
        for (const each of [kind, difficulty, objective]) came.set(each, of(each) + 1);
      }
    }
    return shuffled(drawn, `${seed}|order`);
  }

  const variantOf = (id, seed, count) => element().hash32(`${seed}|${id}|numbers`) % count;

  // The order in which an exam shows options or items; null for a question that has none.
  function arrangement(id, variant, seed) {
    const pieces = variant.options || variant.items;
    if (!pieces) return null;
    const { disordered, shuffled } = element();
    const ids = pieces.map((each) => each.id);
    return disordered(shuffled(ids, `${id}|${seed}`), variant.key);
  }

  // --- files of questions ----------------------------------------------------------------------------------------

  const pools = {};
  window.opsbookExam = {
    add(chapter, pool) {
      pools[chapter] = pool;
    },
  };

  // A classic script works where fetch does not: in a page opened from a folder.
  const load = (chapter) =>
    new Promise((resolve, reject) => {
      if (Object.hasOwn(pools, chapter)) return resolve();
      const script = document.createElement("script");
      const settle = () => {
        script.remove();
        if (Object.hasOwn(pools, chapter)) resolve();
        else reject(new Error(chapter));
      };
      script.addEventListener("load", settle);
      script.addEventListener("error", settle);
      script.src = new URL(`exam/${chapter}.js`, HERE).href;
      document.head.append(script);
    });

  // --- what is kept ----------------------------------------------------------------------------------------------

  const isMap = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
  const isText = (value) => typeof value === "string";
  const isWhole = (value, low, high) => Number.isInteger(value) && low <= value && value <= high;
  const isList = (value, test) => Array.isArray(value) && value.every(test);
  // Milliseconds, as a moment or a duration, from which a date can be reckoned.
  const isTime = (value) => Number.isFinite(value) && 0 <= value && value <= 1e13;
  const isResponse = (value) =>
    isText(value) || isList(value, isText) || (isMap(value) && Object.values(value).every(isText));

  const isSettings = ({ n, minutes, seed, chapters, difficulties }) =>
    isWhole(n, 1, Infinity) &&
    (minutes === null || isWhole(minutes, 1, LONGEST)) &&
    Number.isInteger(seed) &&
    isList(chapters, isText) &&
    isList(difficulties, (each) => LEVELS.includes(each));

  // Storage may be edited, or written by another version: what does not hold every part of an exam is none.
  const isExam = (exam) =>
    isMap(exam) &&
    exam.format === FORMAT &&
    isMap(exam.settings) &&
    isSettings(exam.settings) &&
    isList(exam.picks, (pick) => isList(pick, () => true) && isText(pick[0]) && Number.isInteger(pick[1])) &&
    isWhole(exam.at, 0, exam.picks.length - 1) &&
    ["question", "review"].includes(exam.screen) &&
    isMap(exam.answers) &&
    Object.values(exam.answers).every(isResponse) &&
    isList(exam.flags, isText) &&
    isTime(exam.spent) &&
    (exam.since === null || isTime(exam.since)) &&
    (exam.finished === null || (isMap(exam.finished) && typeof exam.finished.timeUp === "boolean"));

  // --- words -----------------------------------------------------------------------------------------------------

  const counted = (number, one, many = `${one}s`) => `${number} ${number === 1 ? one : many}`;
  const rounded = (number) => String(Number(number.toFixed(2)));
  const points = (got, of) => `${rounded(got)} of ${of === 1 ? "1 point" : `${rounded(of)} points`}`;
  const clock = (ms) => {
    const seconds = Math.max(0, Math.ceil(ms / 1000));
    return `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
  };
  const duration = (ms) => {
    const seconds = Math.round(ms / 1000);
    const minutes = Math.floor(seconds / 60);
    return minutes ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
  };
  const inWords = (share) => {
    if (share === 1) return "Everything is right.";
    if (share >= 0.8) return "Most of it is right.";
    if (share >= 0.5) return "Half of it or more is right.";
    return share ? "Less than half of it is right." : "Nothing is right yet.";
  };
  const verdict = ({ mark, attempted }) => {
    if (!attempted) return "not answered";
    return mark === 1 ? "right" : mark ? "partly right" : "not right";
  };
  const total = (items) => ({
    got: items.reduce((sum, { points: of, mark }) => sum + of * mark.mark, 0),
    of: items.reduce((sum, { points: of }) => sum + of, 0),
  });

  // --- pieces of the view ----------------------------------------------------------------------------------------

  function h(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (typeof value === "function") node.addEventListener(name, value);
      else if (value !== false && value !== null && value !== undefined)
        node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
  }
  const p = (...children) => h("p", {}, ...children);
  const block = (name, ...children) => h("div", { class: name }, ...children);
  const button = (text, click, attributes) => h("button", { type: "button", click, ...attributes }, text);
  const actions = (...buttons) => block("ops-exam-actions", ...buttons);
  const MAIN = { class: "ops-exam-main" };

  const SIGNS = {
    answered: '<circle cx="8" cy="8" r="4.5" fill="currentColor"/>',
    open: '<circle cx="8" cy="8" r="4.5"/>',
    flagged: '<path d="M4 15V1.5h8.5l-2.5 3.2 2.5 3.3H4" fill="currentColor"/>',
  };
  const sign = (state) => {
    const span = h("span", { class: "ops-exam-sign", "aria-hidden": "true" });
    span.innerHTML = `<svg viewBox="0 0 16 16">${SIGNS[state]}</svg>`;
    return span;
  };
  const time = (left) => h("span", { class: "ops-exam-time", role: "timer" }, clock(left));
  const tick = (attributes, text, remark) =>
    h(
      "label",
      { class: "ops-exam-tick" },
      h("input", { type: "checkbox", ...attributes }),
      h("span", {}, text, remark ? h("small", {}, ` ${remark}`) : null),
    );

  const PRACTICE = "This is practice and no certificate: the answers stand in the page, where anyone can read them.";

  // The form in which an exam is set up; `faults` says what is wrong with it, and `settings` what was chosen.
  class SetUp {
    constructor(catalogue, { seed, n, minutes, chapters, difficulties }, start) {
      this.catalogue = catalogue;
      this.available = h("span", { role: "status" });
      this.address = h("a", { href: "?" }, "Address of this exam");
      const all = SetUp.fitting(catalogue, Object.keys(catalogue.chapters), LEVELS).length;
      this.ready = READY.filter(({ n: needed }) => needed <= all).map((exam) => ({ ...exam, control: this.made(exam) }));
      const random = 1000 + Math.floor(9000 * Math.random());
      this.form = h(
        "form",
        {
          class: "ops-exam-setup",
          novalidate: true,
          // Not at `change`, which comes between a press and its release: what moves then loses the click.
          input: ({ target }) => {
            this.follow(target);
            this.explain(target.name);
          },
          submit: (event) => {
            event.preventDefault();
            if (this.complete()) start(this.settings);
          },
        },
        this.ready.length
          ? h(
              "div",
              { class: "ops-exam-ready", role: "group", "aria-label": "Exams ready made" },
              ...this.ready.map(({ control }) => control),
            )
          : null,
        this.group("chapters", "Draw from these chapters", this.parts(chapters)),
        this.group("difficulties", "Difficulty", this.levels(difficulties)),
        block(
          "ops-exam-fields",
          this.field("n", "Number of questions", [this.available], { min: 1, value: n || null }),
          this.field("minutes", "Time limit in minutes (optional)", ["Empty for none. You can pause."], {
            min: 1,
            value: minutes || null,
          }),
          this.field(
            "seed",
            "Exam number",
            ["The same number and choices give the same exam, to a whole class if you share it. ", this.address],
            { value: seed ?? random },
          ),
        ),
        actions(h("button", { type: "submit", ...MAIN }, "Start the exam")),
        this.fault("start"),
      );
      this.typed = Boolean(n);
      this.follow(null);
    }

    // The ids of the questions that an exam of these chapters and difficulties may hold.
    static fitting(catalogue, chapters, difficulties) {
      const fits = ([id, { pool, kind, difficulty }]) =>
        pool.includes("exam") &&
        MARKED.includes(kind) &&
        chapters.includes(chapterOf(id)) &&
        difficulties.includes(difficulty);
      return Object.entries(catalogue.questions).filter(fits);
    }

    static offered(catalogue) {
      return Object.keys(catalogue.chapters).filter((name) => SetUp.fitting(catalogue, [name], LEVELS).length);
    }

    // --- its parts ---

    // What sets the form to an exam from the whole book; below it, everything can still be changed.
    made(exam) {
      const choose = () => {
        for (const box of [...this.boxes("chapters"), ...this.boxes("difficulties")]) box.checked = true;
        const { n, minutes } = this.form.elements;
        [n.value, minutes.value, this.typed] = [exam.n, exam.minutes, true];
        this.follow(null);
        this.explain("chapters", "n", "minutes");
      };
      const words = `${exam.name}: ${exam.n} questions, ${exam.minutes} minutes`;
      return button(words, choose, { "aria-pressed": "false" });
    }

    fault(name) {
      return h("p", { id: `ops-exam-${name}-fault`, class: "ops-exam-fault", hidden: true });
    }

    group(name, title, ticks) {
      const describedby = `ops-exam-${name}-fault`;
      return h("fieldset", { "aria-describedby": describedby }, h("legend", {}, title), ...ticks, this.fault(name));
    }

    field(name, label, hint, attributes) {
      const id = `ops-exam-${name}`;
      const described = `${id}-hint ${id}-fault`;
      const kind = { type: "number", inputmode: "numeric", autocomplete: "off" };
      return block(
        "ops-exam-field",
        h("label", { for: id }, label),
        h("input", { id, name, ...kind, "aria-describedby": described, ...attributes }),
        h("p", { id: `${id}-hint`, class: "ops-exam-hint" }, ...hint),
        this.fault(name),
      );
    }

    parts(chosen) {
      const groups = new Map();
      for (const name of SetUp.offered(this.catalogue)) {
        const { part } = this.catalogue.chapters[name];
        groups.set(part, [...(groups.get(part) || []), name]);
      }
      const chapter = (name) => {
        const count = counted(SetUp.fitting(this.catalogue, [name], LEVELS).length, "question");
        const checked = !chosen || chosen.includes(name);
        return tick({ name: "chapters", value: name, checked }, this.catalogue.chapters[name].title, `(${count})`);
      };
      const title = (part, names) => {
        if (!part) return null;
        return names.length > 1 ? tick({ name: "part" }, part) : h("p", { class: "ops-exam-part-name" }, part);
      };
      return [...groups].map(([part, names]) =>
        h(
          "div",
          { class: "ops-exam-part", role: "group", "aria-label": part || null },
          title(part, names),
          block(part ? "ops-exam-chapters" : "", ...names.map(chapter)),
        ),
      );
    }

    levels(chosen) {
      return LEVELS.map((value) =>
        tick(
          { name: "difficulties", value, checked: !chosen || chosen.includes(value) },
          `${value}: ${DIFFICULTIES[value]}`,
        ),
      );
    }

    // --- what is chosen ---

    boxes(name) {
      return [...this.form.querySelectorAll(`[name=${name}]`)];
    }

    get settings() {
      const values = (name) =>
        this.boxes(name)
          .filter((box) => box.checked)
          .map((box) => box.value);
      // Null for nothing, NaN for what is no whole number.
      const whole = (name) => {
        const { value, validity } = this.form.elements[name];
        if (validity.badInput || (value && !/^-?[0-9]{1,15}$/.test(value))) return NaN;
        return value === "" ? null : Number(value);
      };
      return {
        n: whole("n"),
        minutes: whole("minutes"),
        seed: whole("seed"),
        chapters: values("chapters"),
        difficulties: values("difficulties").map(Number),
      };
    }

    get fit() {
      const { chapters, difficulties } = this.settings;
      return SetUp.fitting(this.catalogue, chapters, difficulties).length;
    }

    // What is wrong, by the name of the field.
    get faults() {
      const { n, minutes, seed, chapters, difficulties } = this.settings;
      const { fit } = this;
      const found = {};
      if (!chapters.length) found.chapters = "Tick at least one chapter.";
      if (!difficulties.length) found.difficulties = "Tick at least one difficulty.";
      if (n === null || !(n >= 1)) found.n = "Type a whole number, 1 or more.";
      else if (chapters.length && difficulties.length && n > fit) {
        found.n = fit
          ? `Only ${fit} fit. Type ${fit} or less, or tick more above.`
          : "No question fits. Tick more chapters or difficulties above.";
      }
      if (minutes !== null && !(minutes >= 1 && minutes <= LONGEST)) {
        found.minutes = `Type a whole number from 1 to ${LONGEST}, or leave it empty.`;
      }
      if (seed === null || Number.isNaN(seed)) found.seed = "Type a whole number of at most 15 digits.";
      return found;
    }

    // --- how it answers ---

    // Follows a change: parts and their chapters, how many questions fit, the address.
    follow(changed) {
      if (changed && changed.name === "n") this.typed = true;
      for (const part of this.form.querySelectorAll(".ops-exam-part")) {
        const whole = part.querySelector("[name=part]");
        if (!whole) continue;
        const boxes = [...part.querySelectorAll("[name=chapters]")];
        if (changed === whole) for (const box of boxes) box.checked = whole.checked;
        const count = boxes.filter((box) => box.checked).length;
        whole.checked = count === boxes.length;
        whole.indeterminate = count > 0 && count < boxes.length;
      }
      const { fit } = this;
      const said = `${counted(fit, "question fits", "questions fit")} these choices.`;
      if (this.available.textContent !== said) this.available.textContent = said;
      const { n, minutes, seed } = this.form.elements;
      if (!this.typed) n.value = Math.max(1, Math.min(10, fit));
      n.max = Math.max(1, fit);

      const { chapters, difficulties } = this.settings;
      const whole = chapters.length === this.boxes("chapters").length && difficulties.length === LEVELS.length;
      for (const exam of this.ready) {
        const chosen = whole && Number(n.value) === exam.n && Number(minutes.value) === exam.minutes;
        exam.control.setAttribute("aria-pressed", String(chosen));
      }
      const address = new URLSearchParams({ seed: seed.value, n: n.value });
      if (minutes.value) address.set("minutes", minutes.value);
      if (chapters.length < this.boxes("chapters").length) address.set("chapters", chapters.join(","));
      if (difficulties.length < LEVELS.length) address.set("difficulty", difficulties.join(","));
      this.address.href = `?${address.toString().replaceAll("%2C", ",")}`;
    }

    say(name, text) {
      const line = this.form.querySelector(`#ops-exam-${name}-fault`);
      line.textContent = text;
      line.hidden = !text;
    }

    explain(...names) {
      const { faults } = this;
      // What is ticked decides how many questions there can be, and a part stands for its chapters.
      const ticks = ["chapters", "difficulties", "n"];
      const touched = names.flatMap((name) => (["part", ...ticks].includes(name) && name !== "n" ? ticks : name));
      for (const name of new Set(touched)) {
        this.say(name, faults[name] || "");
        const input = this.form.querySelector(`#ops-exam-${name}`);
        if (input && faults[name]) input.setAttribute("aria-invalid", "true");
        else if (input) input.removeAttribute("aria-invalid");
      }
    }

    complete() {
      this.explain("chapters", "difficulties", "n", "minutes", "seed");
      this.say("start", "");
      const [first] = Object.keys(this.faults);
      if (!first) return true;
      const [input] = this.boxes(first);
      input.focus({ preventScroll: true });
      input.closest("fieldset, .ops-exam-field").scrollIntoView({ block: "nearest" });
      return false;
    }
  }

  class OpsExam extends HTMLElement {
    static draw = draw;
    static variantOf = variantOf;
    static arrangement = arrangement;

    connectedCallback() {
      this.timer = setInterval(() => this.beat(), 500);
      window.addEventListener("storage", this.elsewhere);
      for (const event of ["mousedown", "mouseup"]) window.addEventListener(event, this.feel, true);
      if (this.stage) return;
      this.catalogue = window.opsbookCatalogue;
      if (!this.catalogue || !element()) {
        this.replaceChildren(
          p("The list of questions did not load, so no exam can be drawn. Reload the page to try again."),
        );
        return;
      }
      this.live = h("p", { class: "ops-exam-quiet", role: "status" });
      this.note = h("p", { class: "ops-exam-note", hidden: true });
      this.stage = h("div", {});
      this.replaceChildren(this.live, this.note, this.stage);
      if (element().store.blocked()) this.storageFails();
      this.arrive();
    }

    disconnectedCallback() {
      clearInterval(this.timer);
      window.removeEventListener("storage", this.elsewhere);
      for (const event of ["mousedown", "mouseup"]) window.removeEventListener(event, this.feel, true);
    }

    feel = ({ type }) => {
      this.pressed = type === "mousedown";
    };

    // A press ends the typing. What appears before the release would move the button away, and the click be lost.
    afterPress(action) {
      if (this.pressed) window.addEventListener("mouseup", () => setTimeout(action), { once: true });
      else action();
    }

    // Two tabs that kept one exam in turn would each undo the other's answers, so the one left behind lets go.
    elsewhere = ({ key }) => {
      if (key !== KEY || !this.exam || this.exam.finished) return;
      // A page that is loaded again may hear of what it wrote itself before.
      if (OpsExam.stored() === this.known) return;
      this.exam = this.items = null;
      this.show(
        "The exam goes on in another tab",
        [p("What you answered is kept there."), actions(button("Continue here", () => this.arrive()))],
        { focus: false },
      );
    };

    // --- what is kept ---

    storageFails() {
      this.note.textContent = element().store.blocked()
        ? "This browser keeps nothing for this page, so an exam lasts until you leave or reload it."
        : "This browser has no room left for this page, so what you do now lasts until you leave or reload it.";
      this.note.hidden = false;
    }

    keep() {
      try {
        this.known = JSON.stringify(this.exam);
        localStorage.setItem(KEY, this.known);
      } catch {
        this.storageFails();
      }
    }

    forget() {
      this.exam = null;
      try {
        localStorage.removeItem(KEY);
      } catch {
        // What cannot be kept needs no forgetting.
      }
    }

    // What is kept, as text; null for nothing, or where nothing can be kept.
    static stored() {
      try {
        return localStorage.getItem(KEY);
      } catch {
        return null;
      }
    }

    // The exam, null for none, or false for one that cannot be read.
    static read(text) {
      try {
        const exam = JSON.parse(text);
        return exam === null || isExam(exam) ? exam : false;
      } catch {
        return false;
      }
    }

    // --- time ---

    get spent() {
      const { spent, since } = this.exam;
      return spent + (since === null ? 0 : Math.max(0, Date.now() - since));
    }

    get left() {
      const { minutes } = this.exam.settings;
      return minutes ? minutes * MINUTE - this.spent : Infinity;
    }

    // Compares with the clock on the wall, so neither a reload nor a sleeping tab gives extra time.
    beat() {
      if (!this.exam || this.exam.finished || this.exam.since === null) return;
      const { left, leftBefore } = this;
      this.leftBefore = left;
      if (left <= 0) {
        this.finish(true);
        return;
      }
      for (const face of this.querySelectorAll(".ops-exam-time")) face.textContent = clock(left);
      for (const minutes of [5, 1]) {
        if (leftBefore > minutes * MINUTE && left <= minutes * MINUTE) this.say(`${counted(minutes, "minute")} left.`);
      }
    }

    say(text) {
      this.live.textContent = text;
    }

    // --- screens ---

    // Shows a screen and says `said`; it takes the focus and the top of the window, except on arrival, when the reader is
    // elsewhere on the page. From the first question to the result, the page's introduction gives way to it.
    show(title, content, { focus = true, said = "" } = {}) {
      this.say(said);
      this.toggleAttribute("data-sitting", Boolean(this.exam && this.items));
      const heading = h("h2", { tabindex: "-1" }, title);
      this.stage.replaceChildren(this.bar(), heading, ...content.filter(Boolean));
      if (!focus) return;
      heading.focus({ preventScroll: true });
      this.scrollIntoView({ block: "start" });
    }

    bar() {
      const running = this.exam && !this.exam.finished && this.items;
      if (!running || this.exam.since === null) return "";
      const timed = this.exam.settings.minutes;
      return h(
        "div",
        { class: "ops-exam-bar" },
        timed ? p("Time left ", time(this.left)) : p("No time limit"),
        button("Pause", () => this.pause()),
      );
    }

    arrive() {
      const asked = new URLSearchParams(location.search);
      this.known = OpsExam.stored();
      const exam = OpsExam.read(this.known);
      const other = exam && exam.finished && asked.has("seed") && asked.get("seed") !== String(exam.settings.seed);
      if (exam === false) this.forget();
      if (!exam || other) {
        this.setUp({ focus: false, lost: exam === false, ...this.fromAddress(asked) });
        return;
      }
      this.exam = exam;
      this.leftBefore = this.left;
      if (exam.finished) this.open().then((sound) => sound && this.result({ focus: false }));
      else this.welcome();
    }

    // Brings the questions of a kept exam back; what cannot be brought back is said, and a new exam offered.
    async open() {
      const { settings, picks } = this.exam;
      const failed = await this.fetch(settings.chapters);
      if (failed) {
        this.stuck(failed, [button("Try again", () => this.arrive()), button("New exam", () => this.anew())]);
        return false;
      }
      this.prepare();
      if (JSON.stringify(this.picks()) !== JSON.stringify(picks)) {
        this.stuck("The book's questions have changed since this exam was drawn, so it cannot be shown any more.", [
          button("New exam", () => this.anew()),
        ]);
        return false;
      }
      return true;
    }

    stuck(text, buttons) {
      this.items = null;
      this.show("The exam cannot be shown", [p(text), actions(...buttons)]);
    }

    // Loads the chapters' files; returns a sentence that says which did not load, or "".
    async fetch(chapters) {
      const loaded = await Promise.allSettled(chapters.map(load));
      const missing = chapters.filter((_, index) => loaded[index].status === "rejected");
      if (!missing.length) return "";
      const title = (name) => (this.catalogue.chapters[name] || { title: name }).title;
      const titles = missing.map((name) => `“${title(name)}”`).join(", ");
      return `The questions of ${titles} did not load. Check the connection and try again.`;
    }

    prepare() {
      const { settings } = this.exam;
      const pool = Object.assign({}, ...settings.chapters.map((chapter) => pools[chapter]));
      this.items = draw(pool, settings).map((id) => {
        const holder = document.createElement("template");
        holder.innerHTML = pool[id].markup;
        const node = document.importNode(holder.content.firstElementChild, true);
        node.setAttribute("data-exam", "");
        const data = JSON.parse(node.querySelector("script").textContent);
        const variant = variantOf(id, settings.seed, data.variants.length);
        return { id, node, data, variant, ...pool[id] };
      });
    }

    picks() {
      return this.items.map(({ id, data, variant }) => [id, data.variants[variant].seed]);
    }

    marked({ id, data, variant }) {
      return element().mark(data, variant, this.exam.answers[id]);
    }

    // What can be said of an answer before the end: whether there is one, and if something typed cannot be read, why.
    state(item) {
      const answer = this.exam.answers[item.id];
      const { attempted, html } = answer === undefined ? {} : this.marked(item);
      const flagged = this.exam.flags.includes(item.id);
      const remark = !attempted && typeof answer === "string" && answer.trim() ? html : "";
      return {
        answered: Boolean(attempted),
        flagged,
        remark,
        words: (attempted ? "answered" : "open") + (flagged ? ", flagged" : ""),
      };
    }

    tally() {
      const states = this.items.map((item) => this.state(item));
      const answered = states.filter((each) => each.answered).length;
      return { answered, open: states.length - answered, flagged: states.filter((each) => each.flagged).length };
    }

    welcome() {
      const { settings, picks, answers, since } = this.exam;
      const given = Object.values(answers).filter((each) => Object.keys(each).length).length;
      const said = p(`Exam number ${settings.seed}: ${counted(picks.length, "question")}, ${given} with an answer. `);
      if (settings.minutes)
        said.append(time(this.left), ` left; the clock ${since === null ? "is stopped" : "runs on"}.`);
      else said.append("There is no time limit.");
      const resume = async () => {
        if (!(await this.open())) return;
        if (this.exam.since === null) this.resume();
        else this.again();
      };
      const again = button("Start over", () => this.anew(settings));
      this.show("You have an exam under way", [said, actions(button("Resume", resume, MAIN), again)], { focus: false });
    }

    anew(settings) {
      const before = settings || (this.exam && { ...this.exam.settings, seed: null });
      this.forget();
      this.setUp(before || {});
    }

    // --- set-up ---

    fromAddress(asked) {
      const list = (name, known) => {
        const named = (asked.get(name) || "").split(",").filter((each) => known.includes(each));
        return named.length ? named : null;
      };
      const difficulties = list("difficulty", LEVELS.map(String));
      return {
        seed: asked.get("seed"),
        n: asked.get("n"),
        minutes: asked.get("minutes"),
        chapters: list("chapters", Object.keys(this.catalogue.chapters)),
        difficulties: difficulties && difficulties.map(Number),
      };
    }

    setUp({ focus = true, lost = false, ...choices } = {}) {
      this.items = null;
      const loss = lost && p("The exam that was kept here cannot be read any more, and is discarded.");
      if (!SetUp.offered(this.catalogue).length) {
        this.show("No exam yet", [loss, p("The book has no questions for an exam yet.")], { focus });
        return;
      }
      this.set = new SetUp(this.catalogue, choices, (settings) => this.begin(settings));
      const introduction = p(`Feedback and the reasons behind every option come at the end. ${PRACTICE}`);
      this.show("Set up your exam", [loss, introduction, this.set.form], { focus });
    }

    async begin(settings) {
      this.say("The questions are loading.");
      const failed = await this.fetch(settings.chapters);
      this.exam = {
        format: FORMAT,
        settings,
        picks: [],
        at: 0,
        screen: "question",
        answers: {},
        flags: [],
        spent: 0,
        since: Date.now(),
        finished: null,
      };
      let fault = failed;
      if (!failed) {
        this.prepare();
        this.exam.picks = this.picks();
        const came = counted(this.items.length, "question");
        if (this.items.length < settings.n)
          fault = `Only ${came} came with the files. Ask for fewer, or reload the page.`;
      }
      if (fault) {
        this.exam = this.items = null;
        this.set.say("start", fault);
        this.say(fault);
        return;
      }
      this.leftBefore = this.left;
      this.keep();
      this.question(0);
    }

    // --- running ---

    again() {
      if (this.exam.screen === "review") this.review();
      else this.question(this.exam.at);
    }

    question(index) {
      const item = this.items[index];
      this.exam.at = index;
      this.exam.screen = "question";
      this.keep();
      const last = index === this.items.length - 1;
      const flag = button("", () => this.flag(item, flag), { class: "ops-exam-flag", "aria-pressed": "false" });
      flag.append(sign("flagged"), "Flag for review");
      this.remark = h("div", { class: "ops-exam-remark", role: "status" });
      const holder = h(
        "div",
        {
          "ops-change": () => this.answer(item),
          change: () => this.afterPress(() => this.stands(index) && this.comment(item)),
          keydown: (event) => this.enter(event, index),
        },
        item.node,
      );
      // There is nothing to send: an exam's answers are kept as they are given.
      holder.addEventListener(
        "submit",
        (event) => {
          event.preventDefault();
          event.stopPropagation();
        },
        true,
      );
      this.navigator = h(
        "ol",
        {},
        ...this.items.map((_, number) =>
          h(
            "li",
            {},
            button("", () => this.question(number)),
          ),
        ),
      );
      this.show(`Question ${index + 1} of ${this.items.length}`, [
        h(
          "p",
          { class: "ops-exam-kind" },
          `Difficulty ${item.difficulty} (${DIFFICULTIES[item.difficulty]}), ${counted(item.points, "point")}`,
        ),
        holder,
        this.remark,
        actions(
          index ? button("Previous", () => this.question(index - 1)) : null,
          last ? null : button("Next", () => this.question(index + 1), MAIN),
          flag,
          button("Review and finish", () => this.review(), { class: last ? "ops-exam-main" : null }),
        ),
        h(
          "nav",
          { class: "ops-exam-nav", "aria-label": "Questions of this exam" },
          this.navigator,
          h(
            "p",
            { class: "ops-exam-legend", "aria-hidden": "true" },
            ...["answered", "open", "flagged"].map((each) => h("span", {}, sign(each), each)),
          ),
        ),
      ]);
      this.dress(item);
      this.mark(item, flag);
      this.comment(item);
    }

    // Gives a question its numbers, its order and the answer so far; it must stand in the page for that.
    dress({ id, node, data, variant }) {
      const { answers, settings } = this.exam;
      if (!node.hasAttribute("data-dressed")) {
        node.setAttribute("data-dressed", "");
        node.use(variant);
        const shown = arrangement(id, data.variants[variant], settings.seed);
        if (shown) node.arrange(shown);
        if (answers[id] !== undefined) node.response = answers[id];
      }
      for (const input of node.querySelectorAll('input[type="text"]')) input.setAttribute("enterkeyhint", "next");
    }

    answer(item) {
      this.exam.answers[item.id] = item.node.response;
      this.keep();
      this.remark.replaceChildren();
      this.mark(item);
    }

    stands(index) {
      return this.exam && this.items && !this.exam.finished && this.exam.screen === "question" && this.exam.at === index;
    }

    // Says that a number cannot be read only once it is typed in full.
    comment(item) {
      this.remark.innerHTML = this.state(item).remark;
    }

    flag(item, control) {
      const { flags } = this.exam;
      this.exam.flags = flags.includes(item.id) ? flags.filter((id) => id !== item.id) : [...flags, item.id];
      this.keep();
      this.mark(item, control);
    }

    mark(current, control) {
      [...this.navigator.querySelectorAll("button")].forEach((each, number) => {
        const item = this.items[number];
        const { answered, flagged, words } = this.state(item);
        each.replaceChildren(String(number + 1), sign(answered ? "answered" : "open"), flagged ? sign("flagged") : "");
        each.setAttribute("aria-label", `Question ${number + 1}: ${words}`);
        each.title = words;
        if (item === current) each.setAttribute("aria-current", "step");
      });
      if (control) control.setAttribute("aria-pressed", String(this.exam.flags.includes(current.id)));
    }

    enter(event, index) {
      if (event.key !== "Enter" || !event.target.matches('input[type="text"]')) return;
      event.preventDefault();
      if (index < this.items.length - 1) this.question(index + 1);
      else this.review();
    }

    pause() {
      Object.assign(this.exam, { spent: this.spent, since: null });
      this.keep();
      const left = this.exam.settings.minutes ? ` with ${clock(this.left)} left` : "";
      const leave = this.note.hidden ? " You may leave this page." : "";
      this.show("Paused", [
        p(`The clock is stopped${left}, and the question is hidden until you resume.${leave}`),
        actions(button("Resume", () => this.resume(), MAIN)),
      ]);
    }

    resume() {
      this.exam.since = Date.now();
      this.leftBefore = this.left;
      this.keep();
      this.again();
    }

    review() {
      this.exam.screen = "review";
      this.keep();
      const { answered, open, flagged } = this.tally();
      const rows = this.items.map((item, index) => {
        const state = this.state(item);
        const line = h(
          "li",
          {},
          button(`Question ${index + 1}`, () => this.question(index)),
          h(
            "span",
            {},
            sign(state.answered ? "answered" : "open"),
            state.flagged ? sign("flagged") : null,
            ` ${state.words}`,
          ),
        );
        if (state.remark) line.append(h("span", {}, "What is typed cannot be taken as an answer."));
        return line;
      });
      this.show("Review and finish", [
        p(`${answered} answered, ${open} open, ${flagged} flagged.`),
        open
          ? h(
              "p",
              { class: "ops-exam-warning" },
              `${counted(open, "question is", "questions are")} still open and will count as 0 points.`,
            )
          : null,
        h("ol", { class: "ops-exam-list" }, ...rows),
        actions(
          button(`Back to question ${this.exam.at + 1}`, () => this.question(this.exam.at)),
          button("Finish the exam", () => this.finish(false), MAIN),
        ),
      ]);
    }

    // --- the end ---

    async finish(timeUp) {
      const { minutes } = this.exam.settings;
      const at = new Date(timeUp ? Date.now() + this.left : Date.now()).toISOString();
      const spent = timeUp ? minutes * MINUTE : this.spent;
      Object.assign(this.exam, { spent, since: null, finished: { at, timeUp } });
      if (!this.items && !(await this.open())) return;
      for (const item of this.items) {
        const { mark, attempted } = this.exam.answers[item.id] === undefined ? {} : this.marked(item);
        if (!attempted) continue;
        const { seed } = item.data.variants[item.variant];
        const record = { seed, response: this.exam.answers[item.id], mark, attempts: 1, hints: 0, at };
        if (!element().store.save(item.id, record)) this.storageFails();
      }
      this.keep();
      this.result();
    }

    result({ focus = true } = {}) {
      const { settings, spent, finished } = this.exam;
      for (const item of this.items) item.mark = this.marked(item);
      const { got, of } = total(this.items);
      const limit = settings.minutes ? ` of ${settings.minutes} min` : "";
      const used = `Time used: ${duration(spent)}${limit}.`;
      const entries = this.items.map((item, index) => this.entry(item, index));
      const said = h("p", { role: "status", class: "ops-exam-quiet" });
      const filter = ({ target }) => {
        for (const entry of entries) entry.hidden = target.checked && entry.hasAttribute("data-right");
        said.textContent = `${counted(entries.filter((entry) => !entry.hidden).length, "question")} shown.`;
      };
      const late = "The time is up, so the exam has finished by itself. Every answer up to then counts.";
      const score = `${points(got, of)}, ${Math.round((100 * got) / of)}%.`;
      this.show(
        "Result",
        [
          finished.timeUp ? h("p", { class: "ops-exam-warning" }, late) : null,
          h("p", { class: "ops-exam-mark" }, h("strong", {}, score), ` ${inWords(got / of)}`),
          p(`Exam number ${settings.seed}, ${counted(this.items.length, "question")}. ${used} ${PRACTICE}`),
          actions(
            button("Same exam again", () => this.repeat(settings)),
            button("New exam", () => this.anew()),
          ),
          this.objectives(),
          block("ops-exam-filter", tick({ change: filter }, "Show only those not fully right"), said),
          ...entries,
        ],
        { focus, said: finished.timeUp && focus ? "The time is up. The exam has finished." : "" },
      );
      for (const item of this.items) {
        this.dress(item);
        item.node.reveal();
        // What is not right already points to its section.
        const { section } = item.data;
        if (section && !item.node.querySelector(".ops-feedback a")) {
          item.node.after(p(h("a", { href: section }, "The section this rests on")));
        }
      }
    }

    objectives() {
      const row = (objective) => {
        const { got, of } = total(this.items.filter((item) => item.objective === objective));
        const filled = h("span", {});
        filled.style.width = `${(100 * got) / of}%`;
        const bar = h("span", { class: "ops-exam-share", "aria-hidden": "true" }, filled);
        const name = this.catalogue.objectives[objective] || objective;
        const words = h("td", {}, points(got, of), h("br"), inWords(got / of));
        return h("tr", {}, h("th", { scope: "row" }, name, bar), words);
      };
      const columns = ["Objective", "Result"].map((name) => h("th", { scope: "col" }, name));
      return h(
        "table",
        { class: "ops-exam-objectives" },
        h("caption", {}, "Result by objective"),
        h("thead", {}, h("tr", {}, ...columns)),
        h("tbody", {}, ...[...new Set(this.items.map((item) => item.objective))].sort().map(row)),
      );
    }

    entry(item, index) {
      const { mark } = item.mark;
      const flagged = this.exam.flags.includes(item.id) ? ", flagged" : "";
      const got = points(item.points * mark, item.points);
      const title = h("h3", {}, `Question ${index + 1}: ${verdict(item.mark)}, ${got}${flagged}`);
      return h("section", { class: "ops-exam-answer", "data-right": mark === 1 }, title, item.node);
    }

    async repeat(settings) {
      this.setUp({ ...settings, focus: false });
      await this.begin(settings);
    }
  }

  customElements.define("ops-exam", OpsExam);
})();
