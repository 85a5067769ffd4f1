// <ops-progress>: what a reader has answered, by objective, and what to review next. The page keeps answers in the
// browser through <ops-question>'s store; JupyterLab hands over a keeper, behind which stands Python's file. What a
// file must be like to be imported follows progress.py rule by rule.
(() => {
  "use strict";
  if (customElements.get("ops-progress")) return;

  const KEY = "opsbook-progress";
  const FORMAT = 1;
  const MAX_BYTES = 5_000_000;
  const FILE = "opsbook-progress.json";
  const DAY = 86_400_000;
  const CLOCKS_DIFFER = 3_600_000;
  const MOST = 7;
  const HERE = "Choose a file that was exported here.";

  // --- reading and merging -------------------------------------------------------------------------------------

  const MOMENT = new RegExp(
    "^([0-9]{4}-[0-9]{2}-[0-9]{2})T(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\\.[0-9]{1,6})?)?" +
      "(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$",
  );
  const ID = /^[a-z0-9]+(?:-[a-z0-9]+)*\/[a-z0-9]+(?:-[a-z0-9]+)*$/;

  const isMap = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
  const isText = (value) => typeof value === "string";
  const isCount = (value) => Number.isInteger(value) && value >= 0;

  // Milliseconds, or NaN for what is no moment.
  const moment = (at) => {
    const [, day] = (isText(at) && MOMENT.exec(at)) || [];
    const midnight = new Date(`${day}T00:00Z`);
    // Some browsers read the 30th of February as the 2nd of March.
    const real = day >= "0001" && !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
    return real ? Date.parse(at) : NaN;
  };

  const isResponse = (value) =>
    isText(value) || (typeof value === "object" && value !== null && Object.values(value).every(isText));

  // An infinite number, as which 1e999 is read, cannot be written again. Not recursive, since a file may be deep.
  function isFiniteThroughout(record) {
    const values = [record];
    while (values.length) {
      const value = values.pop();
      if (typeof value === "number" && !Number.isFinite(value)) return false;
      if (typeof value === "object" && value !== null) for (const each of Object.values(value)) values.push(each);
    }
    return true;
  }

  const isAnswer = (record) =>
    isMap(record) &&
    isFiniteThroughout(record) &&
    Number.isInteger(record.seed) &&
    isResponse(record.response) &&
    typeof record.mark === "number" &&
    record.mark >= 0 &&
    record.mark <= 1 &&
    isCount(record.attempts) &&
    isCount(record.hints) &&
    !Number.isNaN(moment(record.at));

  // The format allows a record that holds no attempt.
  const isAnswered = (answers, id) => Object.hasOwn(answers, id) && isAnswer(answers[id]) && answers[id].attempts > 0;

  // Whether the clock that dated it was wrong.
  const isAhead = ({ at }, now) => moment(at) > now + CLOCKS_DIFFER;

  // A date ahead of now says nothing, and would keep out every other answer until that day.
  function isLater(answer, kept, now) {
    if (!kept || !isAnswer(kept)) return true;
    if (isAhead(answer, now) !== isAhead(kept, now)) return isAhead(kept, now);
    return moment(answer.at) > moment(kept.at);
  }

  // Of two answers the later, with the larger counts where both answer the same numbers.
  function laterOf(kept, answer, now) {
    if (!kept || !isAnswer(kept)) return answer;
    const [later, earlier] = isLater(answer, kept, now) ? [answer, kept] : [kept, answer];
    if (later.seed !== earlier.seed) return later;
    const larger = (name) => Math.max(later[name], earlier[name]);
    return { ...later, attempts: larger("attempts"), hints: larger("hints") };
  }

  const bytes = (text) => new Blob([text]).size;

  function weigh(size, subject = "The file", together = "", hint = HERE) {
    if (size <= MAX_BYTES) return;
    const got = (Math.ceil(size / 1e5) / 10).toFixed(1);
    throw new Error(`${subject} must not exceed ${MAX_BYTES / 1e6} MB${together}, got ${got} MB. ${hint}`);
  }

  // As tight as can be, so that a file does not outgrow the limit on its way through an import.
  const fileText = (answers) => `${JSON.stringify({ format: FORMAT, answers })}\n`;

  function answersIn(text) {
    weigh(bytes(text));
    let stored;
    try {
      stored = JSON.parse(text.replace(/^\ufeff/, ""));
    } catch {
      throw new Error(`The file must be JSON, and it is not. ${HERE}`);
    }
    const { format, answers } = isMap(stored) ? stored : {};
    if (Number.isInteger(format) && format > FORMAT) {
      throw new Error(
        `The file is of format ${format}, and format ${FORMAT} is the newest that can be read here. ` +
          "Update opsbook, then import it again.",
      );
    }
    if (format !== FORMAT || !isMap(answers)) {
      throw new Error(`The file must hold progress in format ${FORMAT}, and it does not. ${HERE}`);
    }
    return answers;
  }

  // Returns what is kept with a file's answers merged into it, and what became of those; throws what a reader is told.
  function merge(kept, text, now = Date.now()) {
    const merged = { answers: { ...kept }, taken: 0, older: 0, refused: 0 };
    for (const [id, answer] of Object.entries(answersIn(text))) {
      const before = Object.hasOwn(kept, id) ? kept[id] : null;
      if (!ID.test(id) || !isAnswer(answer)) {
        merged.refused += 1;
      } else {
        merged[isLater(answer, before, now) ? "taken" : "older"] += 1;
        merged.answers[id] = laterOf(before, answer, now);
      }
    }
    if (merged.taken + merged.older) {
      const hint = "Export and reset what is kept here, then import the file.";
      weigh(bytes(fileText(merged.answers)), "What is kept here and the file", " together", hint);
    }
    return merged;
  }

  // --- what to review ------------------------------------------------------------------------------------------

  const chapterOf = (id) => id.split("/")[0];
  const inOrder = (one, other) => one.localeCompare(other, "en", { numeric: true });

  // Texts bear no mark, and code is marked where it runs: both count as done and not in the points.
  const isMarked = (question) => question.kind !== "reflect" && question.kind !== "code";

  // What stands only in exams is left to them, what an instructor marks is nobody's practice, and what no page asks (a
  // null address) cannot be reached. JupyterLab gives no addresses at all: there the reader runs the notebook.
  function practice(catalogue) {
    const forExams = ({ pool }) => pool && pool.length > 0 && pool.every((name) => name === "exam");
    return Object.entries(catalogue.questions)
      .filter(([, question]) => question.url !== null && question.kind !== "withheld" && !forExams(question))
      .map(([id, question]) => ({ id, ...question }));
  }

  function interval(answer) {
    if (answer.mark < 1) return 1;
    return answer.attempts > 1 || answer.hints > 0 ? 3 : 7;
  }

  // The answered questions that come back, the longest overdue for its interval first.
  function schedule(answers, catalogue, now) {
    return practice(catalogue)
      .filter(({ id, kind }) => kind !== "reflect" && isAnswered(answers, id))
      .map((question) => {
        const answer = answers[question.id];
        // With its date ahead nobody knows when it was answered: it is due from now on, after what is overdue.
        const ahead = isAhead(answer, now);
        const age = ahead ? interval(answer) : Math.max(0, now - moment(answer.at)) / DAY;
        return { question, answer, ahead, age, ratio: age / interval(answer), left: interval(answer) - age };
      })
      .sort((one, other) => other.ratio - one.ratio || inOrder(one.question.id, other.question.id));
  }

  // By objective: how many questions there are, are answered and are right, and the points of those answered.
  function tally(answers, catalogue) {
    const objectives = new Map();
    for (const question of practice(catalogue)) {
      const id = question.objective;
      if (!objectives.has(id)) {
        const empty = { questions: 0, answered: 0, right: 0, done: 0, points: 0, possible: 0, open: [] };
        objectives.set(id, { id, text: catalogue.objectives[id] || `Objective ${id}`, ...empty });
      }
      const objective = objectives.get(id);
      const answer = isAnswered(answers, question.id) && answers[question.id];
      objective.questions += 1;
      if (!answer) {
        if (isMarked(question)) objective.open.push(question);
      } else {
        objective.answered += 1;
        if (isMarked(question)) {
          objective.right += answer.mark;
          objective.points += answer.mark * question.points;
          objective.possible += question.points;
        } else {
          objective.right += 1;
          objective.done += 1;
        }
      }
    }
    const chapters = Object.keys(catalogue.chapters || {});
    const rank = ({ id }) => (chapters.indexOf(chapterOf(id)) + 1 || chapters.length + 1);
    return [...objectives.values()].sort((one, other) => rank(one) - rank(other) || inOrder(one.id, other.id));
  }

  const NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
  const ORDINALS = ["", "", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];
  const count = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;
  const are = (number) => (number === 1 ? "is" : "are");
  const inWords = (number, noun) => count(NUMBERS[number] || number, noun).replace(/^one (.*)s$/, "one $1");
  const figure = (number) => String(Math.round(number * 100) / 100);

  // The points are out of those that the answered questions give, and not of all.
  const earned = (answered, points, possible) =>
    `${figure(points)} of ${answered === 1 ? "its" : "their"} ${count(possible, "point")}`;

  function howItWent({ mark, attempts, hints }) {
    if (mark === 0) return "not right yet";
    if (mark < 1) return "partly right";
    const parts = [];
    if (attempts > 1) parts.push(ORDINALS[attempts] ? `at the ${ORDINALS[attempts]} attempt` : `after ${attempts} attempts`);
    if (hints) parts.push(`${parts.length ? "with" : "after"} ${inWords(hints, "hint")}`);
    return `right ${parts.join(" ") || "at once"}`;
  }

  // The rule of the review, as a pure function: up to seven questions as {id, reason}, the most pressing first.
  function plan(answers, catalogue, now) {
    const due = schedule(answers, catalogue, now)
      .filter(({ ratio }) => ratio >= 1)
      .map(({ question, answer, ahead, age }) => {
        const when = ahead ? "dated ahead of today" : `last answered ${count(Math.floor(age), "day")} ago`;
        return { id: question.id, due: true, reason: `${when}, ${howItWent(answer)}` };
      });
    // An objective that is begun comes before one that is not, or every chapter still unread would count as weak.
    const share = ({ points, possible }) => (possible ? points / possible : 2);
    const weakest = tally(answers, catalogue)
      .filter(({ open }) => open.length)
      .sort((one, other) => share(one) - share(other))[0];
    const why = weakest && weakest.possible ? "its objective is your weakest so far" : "its objective is the next to begin";
    const open = weakest ? weakest.open : [];
    return [...due, ...open.map(({ id }) => ({ id, due: false, reason: `not answered yet; ${why}` }))].slice(0, MOST);
  }

  // What was answered lately, and not fully right, as {id, reason}, the latest first: it is not due yet, and not forgotten.
  function notRight(answers, catalogue, now) {
    return schedule(answers, catalogue, now)
      .filter(({ answer, ratio }) => answer.mark < 1 && ratio < 1)
      .reverse()
      .map(({ question, answer }) => ({ id: question.id, reason: howItWent(answer) }));
  }

  function outcome({ taken, older, refused }) {
    if (!taken && !older && !refused) return "The file holds no answers.";
    const parts = [taken ? `Imported ${count(taken, "answer")}.` : "Nothing new was imported."];
    if (older) parts.push(`For ${count(older, "question")} the answer here is the same or later, and stays.`);
    if (refused) parts.push(`${count(refused, "answer")} cannot be read and ${are(refused)} left out.`);
    return parts.join(" ");
  }

  // --- keeping -------------------------------------------------------------------------------------------------

  // A keeper says whether storage is `blocked` and, in a `note`, where answers lie; `all` of them come at once, and
  // exportText, merge, reset and undo may take their time.
  function pageKeeper(store) {
    const past = [];
    // Asked once: to ask is to write, which tells every other tab to look again.
    const blocked = store.blocked();
    let fleeting = {};
    const all = () => (blocked ? fleeting : store.all() || {});
    const put = (answers) => {
      if (blocked) fleeting = answers;
      else if (!store.replace(answers)) throw new Error("This browser has no room left for it. Nothing has changed.");
    };
    return {
      all,
      blocked,
      note:
        "Your answers are kept in this browser, on this device, and are sent nowhere. To go on in another browser or " +
        "in JupyterLab, export them here and import them there.",
      exportText: () => fileText(all()),
      merge(text) {
        const merged = merge(all(), text);
        put(merged.answers);
        return merged;
      },
      reset() {
        const answers = all();
        put({});
        past.push(answers);
      },
      undo() {
        const answers = { ...all() };
        // What was answered since stays, if it is later.
        const before = past.at(-1);
        for (const id of Object.keys(before)) {
          const both = Object.hasOwn(answers, id) && isAnswer(before[id]);
          answers[id] = both ? laterOf(answers[id], before[id], Date.now()) : before[id];
        }
        put(answers);
        past.pop();
      },
    };
  }

  // --- the view ------------------------------------------------------------------------------------------------

  const make = (tag, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };

  let instances = 0;

  class OpsProgress extends HTMLElement {
    static merge = merge;
    static plan = plan;

    connectedCallback() {
      this.leaving = new AbortController();
      const { signal } = this.leaving;
      const refresh = () => this.refresh();
      // Another tab has stored something, a question on this page is answered, or days have passed in the background.
      addEventListener("storage", ({ key }) => (key === null || key === KEY) && refresh(), { signal });
      document.addEventListener("ops-answer", refresh, { signal });
      document.addEventListener("visibilitychange", refresh, { signal });
      if (this.started) refresh();
      else if (document.readyState !== "loading") this.start();
      else document.addEventListener("DOMContentLoaded", () => this.start(), { once: true, signal });
    }

    disconnectedCallback() {
      this.leaving.abort();
    }

    start() {
      this.catalogue = this.catalogue || window.opsbookCatalogue;
      const asking = customElements.get("ops-question");
      const store = this.store || (asking && asking.store);
      this.keeper = this.keeper || (store && pageKeeper(store));
      if (!this.catalogue || !this.keeper) {
        const textContent = "The list of questions did not load, so your progress cannot be shown. Load the page again.";
        this.replaceChildren(make("p", { textContent }));
        return;
      }
      this.started = true;
      this.stripes = `ops-stripes-${(instances += 1)}`;
      this.summary = make("p", { className: "ops-summary" });
      this.review = make("section", { className: "ops-review" });
      this.chart = make("section", { className: "ops-chart-by-objective" });
      this.notes = make("div", { className: "ops-notes" });
      this.replaceChildren(this.summary, this.review, this.chart, this.makeDesk(), this.makeDialog());
      this.refresh();
    }

    makeDesk() {
      const button = (textContent, action) => {
        const made = make("button", { type: "button", textContent });
        made.addEventListener("click", action);
        return made;
      };
      this.picker = make("input", { type: "file", accept: ".json,application/json", hidden: true });
      this.picker.addEventListener("change", () => this.import());
      this.exporter = button("Export", () => this.export());
      this.importer = button("Import", () => this.picker.click());
      this.resetter = button("Reset", () => this.askToReset());
      this.undoer = button("Undo the reset", () => this.undo());
      this.undoer.hidden = true;
      this.status = make("p", { className: "ops-said" });
      this.status.setAttribute("role", "status");
      const buttons = [this.exporter, this.importer, this.resetter, this.undoer];
      return make(
        "section",
        { className: "ops-desk" },
        make("h2", { textContent: "Keep a copy" }),
        make("p", { textContent: this.keeper.note }),
        make("div", { className: "ops-actions" }, ...buttons, this.picker),
        this.status,
        this.notes,
      );
    }

    makeDialog() {
      const name = `ops-reset-${instances}`;
      const close = (textContent, value) => make("button", { textContent, value, autofocus: value === "keep" });
      const buttons = make("div", { className: "ops-actions" }, close("Keep my answers", "keep"), close("Reset now", "reset"));
      this.question = make("p");
      const title = make("h2", { id: name, textContent: "Reset your progress?" });
      this.dialog = make("dialog", {}, make("form", { method: "dialog" }, title, this.question, buttons));
      this.dialog.setAttribute("aria-labelledby", name);
      this.dialog.addEventListener("close", () => {
        // The events of two quick closings may both come after the second: what was chosen counts once.
        const chosen = this.dialog.returnValue;
        this.dialog.returnValue = "";
        if (chosen === "reset") this.reset();
      });
      return this.dialog;
    }

    // --- showing

    refresh() {
      if (!this.started) return;
      const answers = this.keeper.all();
      const now = Date.now();
      const drawn = JSON.stringify([answers, Math.floor(now / 3_600_000)]);
      if (drawn === this.drawn) return;
      this.drawn = drawn;
      // What is drawn anew gives the keyboard its place and the reader the open part back.
      const place = this.contains(document.activeElement) && document.activeElement.dataset.place;
      const open = Boolean(this.querySelector("details[open]"));
      this.showSummary(answers, now);
      this.showReview(answers, now);
      this.showChart(answers, open);
      if (place) (this.querySelector(`[data-place="${place}"]`) || this.exporter).focus();
    }

    showSummary(answers, now) {
      const objectives = tally(answers, this.catalogue);
      const total = (name) => objectives.reduce((sum, objective) => sum + objective[name], 0);
      const due = schedule(answers, this.catalogue, now).filter(({ ratio }) => ratio >= 1).length;
      const parts = [];
      if (this.keeper.blocked) {
        parts.push(
          "This browser keeps nothing for this site, so there are no answers to show. Questions, hints and marks work " +
            "all the same while a page is open, and a file that you import is shown until you leave. To keep your " +
            "progress, allow this site to store data, or work in JupyterLab.",
        );
      }
      if (total("answered")) {
        const words = `${total("answered")} of ${count(total("questions"), "question")}`;
        const points = earned(total("answered"), total("points"), total("possible"));
        parts.push(`You have answered ${words}${total("possible") ? `, with ${points}` : ""}.`);
        parts.push(due ? `${count(due, "question")} ${are(due)} due again.` : "None is due again today.");
      } else if (!this.keeper.blocked) {
        parts.push("You have not answered a question yet. Each one that you answer is counted here.");
      }
      this.summary.textContent = parts.join(" ");

      const ids = Object.keys(answers);
      const shown = new Set(practice(this.catalogue).map(({ id }) => id));
      const strange = ids.filter((id) => isAnswer(answers[id]) && !shown.has(id)).length;
      const broken = ids.filter((id) => !isAnswer(answers[id])).length;
      const notes = [];
      if (strange) notes.push(`${count(strange, "more answer")} to questions that are not shown here ${are(strange)} kept too.`);
      if (broken) notes.push(`${count(broken, "kept answer")} cannot be read and ${are(broken)} left out.`);
      this.notes.replaceChildren(...notes.map((textContent) => make("p", { textContent })));
    }

    // A question's title, with the line that asks it beneath where no address is known.
    titled(id, place) {
      const { title, url } = this.catalogue.questions[id];
      const line = url ? [] : [make("code", { textContent: `exercises.question("${id}")` })];
      return [this.link(title, url, `${place}-${id}`), ...line];
    }

    // A link where the place is known, and the words alone where it is not.
    link(textContent, url, place) {
      if (!url) return make("span", { textContent });
      const link = make("a", { textContent, href: url });
      // Where the keyboard stands, to be found again when all is drawn anew.
      link.dataset.place = place;
      return link;
    }

    chapter(name) {
      const known = (this.catalogue.chapters || {})[name];
      return known || { title: name, part: "", url: null };
    }

    showReview(answers, now) {
      const proposals = plan(answers, this.catalogue, now);
      const begun = tally(answers, this.catalogue).some(({ answered }) => answered);
      this.review.replaceChildren(make("h2", { textContent: begun ? "Review next" : "Where to begin" }));
      if (begun && !proposals.some(({ due }) => due)) this.review.append(this.nextDue(answers, now));
      const item = (place, { id, reason }) => {
        const { title: chapter } = this.chapter(chapterOf(id));
        const why = begun ? `${chapter}: ${reason}` : chapter;
        return make("li", {}, ...this.titled(id, place), make("span", { className: "ops-why", textContent: why }));
      };
      if (proposals.length) this.review.append(make("ol", {}, ...proposals.map((each) => item("review", each))));
      const wrong = notRight(answers, this.catalogue, now);
      if (wrong.length) {
        this.review.append(
          make("h3", { textContent: "Not right yet" }),
          make("p", { textContent: "Each comes back a day after your answer. You can also try again now." }),
          make("ul", {}, ...wrong.map((each) => item("wrong", each))),
        );
      }
    }

    nextDue(answers, now) {
      const soonest = schedule(answers, this.catalogue, now).sort((one, other) => one.left - other.left)[0];
      if (!soonest) return make("p", { textContent: "Nothing is due for review." });
      const { id, title, url } = soonest.question;
      const when = count(Math.max(1, Math.ceil(soonest.left)), "day");
      // What is quoted within a quotation stands between single marks.
      const next = this.link(title.replaceAll("“", "‘").replaceAll("”", "’"), url, `next-${id}`);
      return make("p", {}, "Nothing is due for review. The next, “", next, `”, comes back in ${when}.`);
    }

    showChart(answers, open) {
      const chapters = new Map(Object.keys(this.catalogue.chapters || {}).map((name) => [name, []]));
      for (const objective of tally(answers, this.catalogue)) {
        const name = chapterOf(objective.id);
        chapters.set(name, [...(chapters.get(name) || []), objective]);
      }
      const known = [...chapters].filter(([, objectives]) => objectives.length);
      const begun = known.filter(([, objectives]) => objectives.some(({ answered }) => answered));
      const rest = known.filter((each) => !begun.includes(each));
      this.chart.replaceChildren(make("h2", { textContent: "By objective" }));
      if (begun.length) this.chart.append(this.legend(), ...begun.map((each) => this.chapterChart(...each)));
      if (rest.length) {
        const textContent = `${begun.length ? "Not begun yet" : "All chapters"} (${rest.length})`;
        const summary = make("summary", { textContent });
        summary.dataset.place = "rest";
        this.chart.append(make("details", { open }, summary, ...rest.map((each) => this.chapterChart(...each))));
      }
    }

    chapterChart(name, objectives) {
      const { title, part, url } = this.chapter(name);
      const kicker = part ? [make("span", { className: "ops-part", textContent: part }), " "] : [];
      const heading = make("h3", {}, ...kicker, this.link(title, url, `chapter-${name}`));
      const items = objectives.map((objective) => {
        const { questions, answered, right, done, points, possible } = objective;
        const words = [`${answered} of ${questions} answered`];
        if (possible) words.push(earned(answered, points, possible));
        if (done) words.push(`${done} without a mark`);
        return make(
          "li",
          {},
          make("span", { className: "ops-objective", textContent: objective.text }),
          make("span", { className: "ops-figures", textContent: words.join(", ") }),
          this.bar(right / questions, answered / questions),
        );
      });
      return make("div", { className: "ops-chapter" }, heading, make("ul", {}, ...items));
    }

    // Drawn and not styled, so that it stays on paper and in forced colours.
    bar(right, answered) {
      const share = (part) => `${(100 * part).toFixed(2)}%`;
      return make("span", {
        className: "ops-bar",
        innerHTML:
          '<svg width="100%" height="100%" aria-hidden="true">' +
          `<rect width="${share(answered)}" height="100%" fill="url(#${this.stripes})"/>` +
          `<rect class="ops-solid" width="${share(right)}" height="100%"/></svg>`,
      });
    }

    legend() {
      const pattern =
        '<svg class="ops-pattern" width="0" height="0" aria-hidden="true" focusable="false"><defs>' +
        `<pattern id="${this.stripes}" width="6" height="6" patternUnits="userSpaceOnUse" ` +
        'patternTransform="rotate(45)"><path d="M1 0v6" class="ops-stripe"/></pattern></defs></svg>';
      const key = (right, answered, textContent) => make("span", {}, this.bar(right, answered), make("span", { textContent }));
      return make(
        "p",
        { className: "ops-legend", innerHTML: pattern },
        key(1, 1, "right, or done without a mark"),
        key(0, 1, "answered, not yet right"),
        key(0, 0, "not answered yet"),
      );
    }

    // --- acting

    say(text, state = "done") {
      // Emptied first, so that the same words a second time are announced again.
      this.status.textContent = "";
      this.status.dataset.state = state;
      setTimeout(() => (this.status.textContent = text));
    }

    async attempt(action) {
      try {
        await action();
      } catch (error) {
        this.say(error.message, "fault");
      }
      this.refresh();
    }

    export() {
      return this.attempt(async () => {
        const number = Object.keys(this.keeper.all()).length;
        if (!number) {
          this.say("There is nothing to export yet.");
          return;
        }
        const text = await this.keeper.exportText();
        const href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
        make("a", { href, download: FILE }).click();
        setTimeout(() => URL.revokeObjectURL(href), 60_000);
        this.say(`Exported ${count(number, "answer")} to ${FILE}.`);
      });
    }

    import() {
      const [file] = this.picker.files;
      if (!file) return null;
      return this.attempt(async () => {
        // Emptied, so that the same file can be chosen again.
        this.picker.value = "";
        weigh(file.size);
        this.say(outcome(await this.keeper.merge(await file.text())));
      });
    }

    askToReset() {
      const number = Object.keys(this.keeper.all()).length;
      if (!number) {
        this.say("There is nothing to reset.");
        return;
      }
      this.question.textContent =
        `This takes ${number === 1 ? "your one answer" : `all ${number} of your answers`} away from here. You can undo ` +
        "it until you leave the page. To be able to come back later, export a copy first.";
      this.dialog.returnValue = "";
      this.dialog.showModal();
    }

    reset() {
      return this.attempt(async () => {
        await this.keeper.reset();
        this.undoer.hidden = false;
        this.undoer.focus();
        this.say("Your progress is reset.");
      });
    }

    undo() {
      return this.attempt(async () => {
        await this.keeper.undo();
        this.resetter.focus();
        this.undoer.hidden = true;
        this.say("Your answers are back.");
      });
    }
  }

  customElements.define("ops-progress", OpsProgress);
})();
