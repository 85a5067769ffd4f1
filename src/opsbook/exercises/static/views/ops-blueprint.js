// <ops-blueprint>: a service blueprint whose steps move across its lines. Python has worked out every arrangement; what
// is shown is looked up. Steps move by dragging, by buttons and by the arrow keys; a refused move says why.
(() => {
  "use strict";

  const { html, svg } = globalThis.opsParts;
  const NEAR = 6; // pixels that a pointer may stray and still only press
  const HEADER = 60; // pixels at the top that a page may keep for its header
  const EDGE = 60; // pixels from an edge in which a held step scrolls the page,
  const PACE = 8; // by so many a frame

  const minutes = (value) => `${value.toFixed(1)} min`;
  const signed = (value, digits, unit = "") => {
    const text = Math.abs(value).toFixed(digits);
    return Number(text) === 0 ? "no change" : `${value > 0 ? "+" : "−"}${text}${text === "1" ? unit.replace(/s$/, "") : unit}`;
  };
  const listed = (words) => [words.slice(0, -1).join(", "), words.at(-1)].filter(Boolean).join(" or ");

  // What scrolls an element: the nearest that can, or the page.
  const scroller = (element) => {
    for (let above = element.parentElement; above; above = above.parentElement) {
      if (above.scrollHeight > above.clientHeight && /auto|scroll/.test(getComputedStyle(above).overflowY)) return above;
    }
    return document.scrollingElement;
  };

  class OpsBlueprint extends HTMLElement {
    set data(data) {
      this.plan = data;
      if (this.isConnected) this.build();
    }

    get data() {
      return this.plan;
    }

    connectedCallback() {
      if (this.plan) this.build();
    }

    build() {
      const { lanes, lines, steps, movable } = this.plan;
      this.start = movable.map(({ step, lanes: open }) => open.indexOf(steps[step].lane));
      this.at = [...this.start];
      this.past = [];
      this.lists = lanes.map((lane) => html("ul", { "aria-label": `${lane}: steps` }));
      this.rows = lanes.map((lane, i) => html("section", { class: "ops-bp-lane" }, html("p", { class: "ops-bp-title" }, lane), this.lists[i]));
      this.cards = steps.map((step, number) => this.card(step, number));
      this.words = html("p", { class: "ops-view-words", role: "status", "aria-live": "polite" });
      this.back = html("button", { type: "button" }, "Undo");
      this.reset = html("button", { type: "button" }, "Back to the start");
      this.back.addEventListener("click", () => this.undo());
      this.reset.addEventListener("click", () => this.again());
      this.table = html("tbody");
      this.bars = svg("svg", { class: "ops-bp-bars", viewBox: "0 0 320 62", "aria-hidden": "true" });
      const head = html("tr", {}, ...["measure", "at first", "now", "change"].map((text) => html("th", { scope: "col" }, text)));
      const drawn = this.rows.flatMap((row, i) =>
        i ? [html("p", { class: `ops-bp-line ops-bp-line-${i}` }, html("span", {}, lines[i - 1])), row] : [row]);
      this.replaceChildren(
        html("p", { class: "ops-view-key" }, "Steps with a handle can be moved: drag one to another lane, use its arrow buttons, or focus it and press the arrow keys up and down. A thick border: on the critical path."),
        html("div", { class: "ops-bp-lanes" }, ...drawn),
        this.bars,
        this.words,
        html("div", { class: "ops-view-buttons" }, this.back, this.reset),
        html("table", { class: "ops-bp-results" }, html("caption", {}, "What it means"), html("thead", {}, head), this.table),
        ...(this.plan.exact ? [] : [html("p", { class: "ops-view-key" }, "Some work runs side by side and varies in time: on the average a visit may take longer than the flow time here.")]),
      );
      this.show();
      this.words.textContent = "Nothing is moved yet.";
    }

    card(step, number) {
      const which = this.plan.movable.findIndex((each) => each.step === number);
      const done = html("span", { class: "ops-bp-done" });
      const marks = [["F", step.fail, "Fail point"], ["P", step.guard, "Poka-yoke"]].filter(([, said]) => said)
        .map(([letter, said, kind]) => html("span", { class: `ops-bp-mark ops-bp-${letter}` }, html("b", { "aria-hidden": "true" }, letter), html("span", {}, `${kind}: ${said}`)));
      const after = step.after ? [html("span", { class: "ops-bp-done" }, `after ${step.after}`)] : [];
      const title = html(which < 0 ? "span" : "button", which < 0 ? { class: "ops-bp-name" } : { class: "ops-bp-name", type: "button" }, `${number + 1} ${step.name}`);
      const words = html("div", { class: "ops-bp-words" }, title, done, ...after, ...marks);
      const item = html("li", { class: which < 0 ? "ops-bp-task" : "ops-bp-task ops-bp-movable" }, words);
      const card = { item, done, title, which, number };
      if (which >= 0) this.enliven(card, step);
      else item.addEventListener("click", () => this.say(`${step.name} stays where it is here.`));
      return card;
    }

    enliven(card, step) {
      const handle = html("span", { class: "ops-bp-handle", "aria-hidden": "true" }, "⠿");
      card.up = html("button", { type: "button" }, "▲");
      card.down = html("button", { type: "button" }, "▼");
      card.item.prepend(handle);
      card.item.append(html("span", { class: "ops-view-buttons ops-bp-arrows" }, card.up, card.down));
      card.up.addEventListener("click", () => this.shift(card, -1, card.up));
      card.down.addEventListener("click", () => this.shift(card, 1, card.down));
      card.title.setAttribute("aria-keyshortcuts", "ArrowUp ArrowDown");
      card.title.addEventListener("click", () => { if (!card.dragged) this.say(this.choices(card, step)); });
      card.item.addEventListener("keydown", (event) => {
        const way = { ArrowUp: -1, ArrowDown: 1 }[event.key];
        if (!way || event.ctrlKey || event.metaKey || event.altKey) return;
        event.preventDefault();
        this.shift(card, way, document.activeElement === this ? card.title : this.focused(card));
      });
      card.item.addEventListener("pointerdown", (event) => this.take(card, event));
    }

    focused(card) {
      const root = this.getRootNode();
      return card.item.contains(root.activeElement) ? root.activeElement : card.title;
    }

    // --- Moving ----------------------------------------------------------------------------------------------

    lane(card) {
      const { movable, steps } = this.plan;
      return card.which < 0 ? steps[card.number].lane : movable[card.which].lanes[this.at[card.which]];
    }

    result(at) {
      let index = 0;
      this.plan.movable.forEach(({ lanes }, i) => { index = index * lanes.length + at[i]; });
      return this.plan.results[index];
    }

    // Why a step cannot go to a lane now; nothing if it can.
    refusal(card, lane) {
      const { lanes, refused } = this.plan.movable[card.which];
      if (lane in refused) return refused[lane];
      const at = [...this.at];
      at[card.which] = lanes.indexOf(lane);
      const found = this.result(at);
      const reason = typeof found === "number" ? this.plan.reasons[found] : "";
      return reason && reason[0].toUpperCase() + reason.slice(1);
    }

    choices(card, step) {
      const here = this.lane(card);
      const others = this.plan.lanes.map((name, lane) => ({ name, lane })).filter(({ lane }) => lane !== here);
      const open = others.filter(({ lane }) => !this.refusal(card, lane)).map(({ name }) => name);
      const shut = new Map(); // the lanes by the reason
      for (const { name, lane } of others) {
        const why = this.refusal(card, lane);
        if (why) shut.set(why, [...(shut.get(why) || []), name]);
      }
      const may = open.length ? `It can move to ${open.join(" or ")}.` : "It cannot move now.";
      return [`${step.name}: ${this.plan.lanes[here]}. ${may}`, ...[...shut].map(([why, names]) => `Not to ${listed(names)}: ${why}`)].join(" ");
    }

    // To the next lane that is allowed in a direction; if there is none, the nearest says why.
    shift(card, way, focus) {
      const { lanes } = this.plan;
      const next = this.next(card, way);
      if (next >= 0) {
        this.move(card, next);
        focus.focus({ preventScroll: true });
        return;
      }
      const here = this.lane(card);
      const near = here + way;
      this.say(near in lanes
        ? `Not moved to ${lanes[near]}. ${this.refusal(card, near)}`
        : `Not moved. There is no lane ${way < 0 ? "above" : "below"} ${lanes[here]} for work.`, true);
    }

    move(card, lane) {
      const { steps, lanes, movable } = this.plan;
      const why = this.refusal(card, lane);
      if (why) {
        this.say(`Not moved to ${lanes[lane]}. ${why}`, true);
        return;
      }
      const from = this.lane(card);
      this.past.push([...this.at]);
      this.at[card.which] = movable[card.which].lanes.indexOf(lane);
      this.show();
      this.say(`${steps[card.number].name}: from ${lanes[from]} to ${lanes[lane]}. ${this.inWords()}`);
      card.item.scrollIntoView({ block: "nearest" });
    }

    undo() {
      if (!this.past.length) {
        this.say("There is nothing to undo.");
        return;
      }
      this.at = this.past.pop();
      this.show();
      this.say(`Undone. ${this.inWords()}`);
    }

    again() {
      if (this.at.some((lane, i) => lane !== this.start[i])) this.past.push([...this.at]);
      this.at = [...this.start];
      this.show();
      this.say(`Back at the start. ${this.inWords()}`);
    }

    // --- Dragging --------------------------------------------------------------------------------------------

    take(card, event) {
      const touch = event.pointerType !== "mouse";
      if (event.button !== 0 || event.target.closest(".ops-bp-arrows")) return;
      if (touch && !event.target.closest(".ops-bp-handle")) return; // elsewhere a finger scrolls
      const { clientX: x, clientY: y, pointerId } = event;
      card.dragged = false;
      const over = ({ clientY }) => this.rows.findIndex((row) => {
        const { top, bottom } = row.getBoundingClientRect();
        return clientY >= top && clientY < bottom;
      });
      const box = scroller(this);
      const from = box.scrollTop;
      let last = event;
      let frame = 0;
      const clear = () => this.rows.forEach((row) => row.classList.remove("ops-bp-open", "ops-bp-shut"));
      const follow = (moved) => {
        if (moved.pointerId !== pointerId) return;
        if (!card.dragged && Math.hypot(moved.clientX - x, moved.clientY - y) < NEAR) return;
        card.dragged = true;
        moved.preventDefault();
        last = moved;
        hold();
        frame = frame || requestAnimationFrame(roll);
      };
      const hold = () => {
        card.item.classList.add("ops-bp-held");
        card.item.style.transform = `translate(${last.clientX - x}px, ${last.clientY - y + box.scrollTop - from}px)`;
        clear();
        const lane = over(last);
        if (lane >= 0 && lane !== this.lane(card)) this.rows[lane].classList.add(this.refusal(card, lane) ? "ops-bp-shut" : "ops-bp-open");
      };
      // Near an edge the page scrolls, as long as there are lanes beyond it.
      const roll = () => {
        const top = Math.max(box === document.scrollingElement ? 0 : box.getBoundingClientRect().top, 0) + HEADER;
        const foot = this.words.getBoundingClientRect().top;
        const up = last.clientY < top + EDGE && this.rows[0].getBoundingClientRect().top < top;
        const down = last.clientY > foot - EDGE && this.rows.at(-1).getBoundingClientRect().bottom > foot;
        if (up || down) {
          box.scrollTop += up ? -PACE : PACE;
          hold();
        }
        frame = requestAnimationFrame(roll);
      };
      const end = (ended) => {
        if (ended.pointerId !== undefined && ended.pointerId !== pointerId) return;
        if (ended.type === "keydown" && ended.key !== "Escape") return;
        for (const [kind, heard] of heardOf) removeEventListener(kind, heard, true);
        cancelAnimationFrame(frame);
        clear();
        card.item.classList.remove("ops-bp-held");
        card.item.style.transform = "";
        if (card.dragged && ended.type === "pointerup") {
          const lane = over(ended);
          if (lane < 0) this.say("Not moved. Drop it on a lane, or use its arrow buttons.", true);
          else if (lane !== this.lane(card)) this.move(card, lane);
        }
        setTimeout(() => { card.dragged = false; }); // the click that ends a drag comes first
      };
      const heardOf = [["pointermove", follow], ["pointerup", end], ["pointercancel", end], ["keydown", end]];
      for (const [kind, heard] of heardOf) addEventListener(kind, heard, true);
    }

    // --- Showing ---------------------------------------------------------------------------------------------

    say(text, refused = false) {
      this.words.textContent = text;
      this.words.classList.toggle("ops-bp-refused", refused);
    }

    // What differs from the start, and what does not.
    inWords() {
      const [[was, took, , could, held], [present, flow, , capacity, limit]] = [this.result(this.start), this.result(this.at)];
      const { job, resources } = this.plan;
      const able = (most) => (most === null ? "no limit" : `${most.toFixed(1)} ${job}s an hour`);
      const by = (which) => (which in resources ? `the ${resources[which]}` : "none");
      const measures = [
        ["customer present", minutes(was), minutes(present)],
        ["flow time", minutes(took), minutes(flow)],
        ["capacity", able(could), able(capacity)],
        ["bottleneck", by(held), by(limit)],
      ];
      const changed = measures.filter(([, old, now]) => old !== now).map(([name, old, now]) => `${name} ${now} (at first ${old})`);
      const same = measures.filter(([, old, now]) => old === now).map(([name]) => name);
      const said = [...changed, ...(same.length ? [`${listed(same).replace(" or ", " and ")} as at first`] : [])].join("; ");
      return `${said[0].toUpperCase()}${said.slice(1)}.`;
    }

    show() {
      const { movable, steps, lanes, job, resources } = this.plan;
      const now = this.result(this.at);
      const first = this.result(this.start);
      for (const list of this.lists) list.replaceChildren();
      for (const card of this.cards) {
        const lane = this.lane(card);
        card.done.textContent = card.which < 0 ? steps[card.number].done : movable[card.which].done[this.at[card.which]];
        card.item.classList.toggle("ops-bp-critical", now[5].includes(card.number));
        card.item.classList.toggle("ops-bp-moved", card.which >= 0 && this.at[card.which] !== this.start[card.which]);
        this.lists[lane].append(card.item);
        if (card.which < 0) continue;
        for (const [button, way] of [[card.up, -1], [card.down, 1]]) {
          const next = this.next(card, way);
          button.setAttribute("aria-label", `Move “${steps[card.number].name}” ${way < 0 ? "up" : "down"}${next < 0 ? "" : ` to ${lanes[next]}`}`);
          button.setAttribute("aria-disabled", String(next < 0));
        }
      }
      for (const list of this.lists) {
        if (!list.children.length) list.append(html("li", { class: "ops-bp-none" }, "no step"));
      }
      const rows = [
        ["customer present", minutes(first[0]), minutes(now[0]), signed(now[0] - first[0], 1, " min")],
        ["flow time", minutes(first[1]), minutes(now[1]), signed(now[1] - first[1], 1, " min")],
        ["extent of contact", ...[first, now].map(([, , ratio]) => (ratio === null ? "–" : `${Math.round(100 * ratio)}%`)),
          first[2] === null || now[2] === null ? "–" : signed(100 * (now[2] - first[2]), 0, " points")],
        ["capacity", ...[first, now].map(([, , , most]) => (most === null ? "no limit" : `${most.toFixed(1)} ${job}s/h`)),
          first[3] === null || now[3] === null ? (first[3] === now[3] ? "no change" : "–") : signed(now[3] - first[3], 1, "/h")],
        ["bottleneck", ...[first, now].map((each) => resources[each[4]] ?? "none"), first[4] === now[4] ? "no change" : "new"],
      ];
      this.table.replaceChildren(...rows.map(([name, ...cells]) => html("tr", {}, html("th", { scope: "row" }, name), ...cells.map((text) => html("td", {}, text)))));
      this.back.setAttribute("aria-disabled", String(!this.past.length));
      this.draw(first, now);
    }

    // The flow time as a bar, at first and now, filled as far as the customer is present.
    draw(first, now) {
      const scale = 255 / Math.max(first[1], now[1], 1e-9);
      const bar = ([present, flow], text, y) => [
        svg("text", { x: 0, y: y + 12 }, text),
        svg("rect", { x: 55, y, width: flow * scale, height: 16, class: "ops-bp-flow" }),
        svg("rect", { x: 55, y, width: present * scale, height: 16, class: "ops-bp-present" }),
      ];
      const key = svg("text", { x: 55, y: 58 }, "filled: customer present, of the flow time");
      this.bars.replaceChildren(...bar(first, "at first", 2), ...bar(now, "now", 24), key);
    }

    next(card, way) {
      for (let lane = this.lane(card) + way; lane >= 0 && lane < this.plan.lanes.length; lane += way) {
        if (!this.refusal(card, lane)) return lane;
      }
      return -1;
    }
  }

  customElements.get("ops-blueprint") || customElements.define("ops-blueprint", OpsBlueprint);
})();
