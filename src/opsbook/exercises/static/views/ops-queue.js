// <ops-queue>: a stretch of a simulated queue, played. Customers arrive at the left, wait, are served at the right, leave.
//
// `data` is one path: {opens, minutes, servers, server, arrive: […], start: […], end: […], at: […]}, times in minutes
// since opening, one entry a customer in order of arrival. One who gave up has no start (null) and leaves at `end`.
// Everything that is shown follows from the path and the moment; only the gliding is for the eye.
(() => {
  "use strict";

  const { html, svg, counted, still, whenWide } = globalThis.opsParts;
  const SPEEDS = [1, 2, 5, 10, 20];
  const RADIUS = 11;
  const PITCH = 27;
  const LONG_WAIT = 10;

  // Who is where at a moment.
  const stateAt = ({ arrive, start, end, at, servers }, moment) => {
    const waiting = [];
    const served = new Array(servers).fill(null);
    let [done, gone, waited] = [0, 0, 0];
    for (let who = 0; who < arrive.length && arrive[who] <= moment; who += 1) {
      const begins = start[who];
      if (begins === null) {
        if (end[who] <= moment) gone += 1;
        else waiting.push(who);
      } else if (begins > moment) waiting.push(who);
      else {
        waited += begins - arrive[who];
        done += 1;
        if (end[who] > moment) served[at[who]] = who;
      }
    }
    const busy = served.filter((who) => who !== null).length;
    return { waiting, served, busy, left: done - busy, gone, meanWait: done ? waited / done : null };
  };

  class OpsQueue extends HTMLElement {
    #data = null;
    #moment = 0;
    #playing = false;
    #frame = 0;
    #last = 0;
    #spoken = 0;
    #glyphs = new Map();
    #parts = null;
    #unwatch = null;

    set data(path) {
      this.#data = path;
      this.#glyphs.clear();
      this.#stop();
      this.#moment = 0;
      if (this.isConnected) this.#build();
    }

    connectedCallback() {
      if (this.#data) this.#build();
      this.#unwatch = whenWide(this, () => this.#data && this.#lay());
    }

    disconnectedCallback() {
      this.#stop();
      this.#unwatch();
    }

    #build() {
      if (!this.#parts) this.#furnish();
      const { minutes } = this.#data;
      this.#parts.time.max = String(minutes);
      this.#lay();
    }

    #furnish() {
      const play = html("button", { type: "button", class: "ops-view-play" });
      const next = html("button", { type: "button" }, "Next event");
      const again = html("button", { type: "button" }, "From opening");
      const speed = html("select", {}, ...SPEEDS.map((each) => html("option", { value: each }, `${each} min a second`)));
      speed.value = "5";
      const time = html("input", { type: "range", class: "ops-view-range", min: 0, step: 0.5, value: 0, autocomplete: "off", "aria-label": "Time of day" });
      const clock = html("output", { "aria-live": "off" });
      const words = html("p", { class: "ops-view-words", role: "status" });
      const floor = svg("svg", { class: "ops-queue-floor", "aria-hidden": "true" });
      const strip = svg("svg", { class: "ops-queue-strip", "aria-hidden": "true" });
      const most = html("span");
      const speeds = html("label", {}, "Speed ", speed);
      this.replaceChildren(
        floor,
        html("p", { class: "ops-view-key" }, "A circle is a customer; the number in it, the minutes waited. Ten or more have a double ring."),
        html("div", { class: "ops-view-head" }, most, clock),
        strip,
        time,
        html("div", { class: "ops-view-buttons" }, play, next, again, speeds),
        words,
      );
      play.addEventListener("click", () => (this.#playing ? this.#pause() : this.#play()));
      next.addEventListener("click", () => this.#toNextEvent());
      again.addEventListener("click", () => this.#to(0));
      time.addEventListener("input", () => this.#to(Number(time.value)));
      this.#parts = { floor, strip, most, play, time, clock, words, speed };
      this.#label();
    }

    // --- Time ------------------------------------------------------------------------------------------------

    #label() {
      this.#parts.play.textContent = this.#playing ? "Pause" : "Play";
    }

    #play() {
      if (this.#moment >= this.#data.minutes) this.#moment = 0;
      this.#playing = true;
      this.#parts.words.setAttribute("aria-live", "off"); // many times a second is no message
      this.#label();
      this.#last = 0;
      this.#frame = requestAnimationFrame((now) => this.#tick(now));
    }

    #stop() {
      cancelAnimationFrame(this.#frame);
      this.#playing = false;
      if (this.#parts) {
        this.#parts.words.removeAttribute("aria-live");
        this.#label();
      }
    }

    #pause() {
      this.#stop();
      this.#draw(0);
    }

    #to(moment) {
      this.#stop();
      this.#moment = Math.min(moment, this.#data.minutes);
      this.#draw(0);
    }

    #toNextEvent() {
      const { arrive, start, end, minutes } = this.#data;
      const events = [...arrive, ...start, ...end].filter((time) => time !== null && time > this.#moment + 1e-9);
      this.#to(Math.min(minutes, ...events));
    }

    #tick(now) {
      const seconds = this.#last ? Math.min((now - this.#last) / 1000, 0.1) : 0;
      // With reduced motion the picture changes once a second and nothing glides.
      if (!still() || !this.#last || now - this.#last >= 1000) {
        const passed = still() && this.#last ? 1 : seconds;
        this.#last = now;
        this.#moment += passed * Number(this.#parts.speed.value);
        if (this.#moment >= this.#data.minutes) {
          this.#to(this.#data.minutes);
          return;
        }
        this.#draw(still() ? 0 : seconds);
      }
      this.#frame = requestAnimationFrame((next) => this.#tick(next));
    }

    // --- Words -----------------------------------------------------------------------------------------------

    #time(moment) {
      const total = Math.floor(this.#data.opens + moment + 1e-9);
      return `${String(Math.floor(total / 60) % 24).padStart(2, "0")}:${String(total % 60).padStart(2, "0")}`;
    }

    #sentence({ waiting, busy, left, gone, meanWait }) {
      const { servers, server, arrive, minutes } = this.#data;
      const first = waiting.length ? Math.floor(this.#moment - arrive[waiting[0]] + 1e-9) : 0;
      const line = waiting.length
        ? `${waiting.length} waiting, the first for ${counted(first, "minute")}`
        : "nobody waiting";
      const mean = meanWait === null ? "" : `; so far a wait of ${meanWait.toFixed(1)} minutes on average`;
      const lost = gone ? `, ${gone} gave up` : "";
      const closing = this.#moment >= minutes ? " The stretch ends here." : "";
      return `${this.#time(this.#moment)}: ${busy} of ${counted(servers, server)} busy, ${line}. ${left} served${lost}${mean}.${closing}`;
    }

    // --- Picture ---------------------------------------------------------------------------------------------

    #lay() {
      const { floor, strip } = this.#parts;
      const { servers, server, arrive, start, end, minutes } = this.#data;
      const width = Math.max(this.clientWidth, 240);
      const desk = Math.max(38, Math.min(54, 190 / servers));
      const height = Math.max(servers * desk + 12, 3 * PITCH + 26);
      const left = width - desk - 12 - 7.5 * `${server} ${servers}`.length;
      const columns = Math.max(1, Math.floor((left - 34) / PITCH));
      const rows = Math.floor((height / 2 - RADIUS - 3) / PITCH) * 2 + 1; // as many above the middle as below
      this.#glyphs.clear();
      floor.replaceChildren();
      floor.setAttribute("viewBox", `0 0 ${width} ${height}`);
      floor.setAttribute("height", height);
      const top = (height - servers * desk) / 2;
      const desks = Array.from({ length: servers }, (_, each) => {
        const y = top + each * desk;
        const box = svg("rect", { x: left, y: y + 3, width: desk, height: desk - 6, rx: 5, class: "ops-queue-desk" });
        const name = svg("text", { x: left + desk + 8, y: y + desk / 2, dy: "0.35em" }, `${server[0].toUpperCase()}${server.slice(1)} ${each + 1}`);
        floor.append(box, name);
        return { box, x: left + desk / 2, y: y + desk / 2 };
      });
      const more = svg("text", { x: 4, y: height - 4, class: "ops-queue-more" });
      floor.append(more);
      // The line goes left from the desks, along the middle; when it reaches the door it turns into the next row.
      const place = (rank) => {
        const row = Math.floor(rank / columns);
        const column = row % 2 ? columns - 1 - (rank % columns) : rank % columns;
        const level = row % 2 ? -Math.ceil(row / 2) : row / 2;
        return { x: left - 20 - column * PITCH, y: height / 2 - level * PITCH };
      };
      const shown = columns * rows;
      this.#drawStrip(strip, width, { arrive, start, end, minutes });
      Object.assign(this.#parts, { desks, more, place, shown, size: { width, height } });
      this.#draw(0);
    }

    #drawStrip(strip, width, { arrive, start, end, minutes }) {
      const [height, top] = [52, 4];
      const steps = [
        ...arrive.map((time) => [time, 1]),
        ...start.map((time, who) => [time === null ? end[who] : time, -1]),
      ].sort((a, b) => a[0] - b[0] || b[1] - a[1]);
      // Who arrives and is served at once never stood in the line.
      const levels = [[0, 0]];
      let line = 0;
      for (let at = 0; at < steps.length; ) {
        const time = steps[at][0];
        for (; at < steps.length && steps[at][0] === time; at += 1) line += steps[at][1];
        if (time <= minutes) levels.push([time, line]);
      }
      const most = Math.max(...levels.map(([, level]) => level));
      const x = (time) => (time / minutes) * width;
      const y = (level) => height - 2 - (level / Math.max(1, most)) * (height - top - 2);
      const outline = levels.map(([time, level], each) => `${each ? `H${x(time)}V` : `M${x(time)} `}${y(level)}`).join("") + `H${width}`;
      const clip = svg("clipPath", { id: `${this.#name}-past` });
      const past = svg("rect", { x: 0, y: 0, width: 0, height });
      clip.append(past);
      const cursor = svg("line", { y1: 0, y2: height, class: "ops-queue-cursor" });
      strip.setAttribute("viewBox", `0 0 ${width} ${height}`);
      strip.setAttribute("height", height);
      strip.replaceChildren(
        clip,
        svg("path", { d: outline, class: "ops-queue-path" }),
        svg("path", { d: `${outline}V${y(0)}H0Z`, class: "ops-queue-past", "clip-path": `url(#${clip.id})` }),
        cursor,
      );
      this.#parts.most.textContent = `Waiting: at most ${most}`;
      Object.assign(this.#parts, { past, cursor, x });
    }

    get #name() {
      OpsQueue.count = OpsQueue.count || 0;
      this.dataset.name = this.dataset.name || `ops-queue-${(OpsQueue.count += 1)}`;
      return this.dataset.name;
    }

    #glyph(who) {
      if (!this.#glyphs.has(who)) {
        const group = svg("g", { class: "ops-queue-customer" });
        const parts = {
          group,
          ring: group.appendChild(svg("circle", { r: RADIUS + 2.5, class: "ops-queue-ring" })),
          dot: group.appendChild(svg("circle", { r: RADIUS })),
          label: group.appendChild(svg("text", { dy: "0.36em" })),
          x: -RADIUS * 2,
          y: this.#parts.size.height / 2,
        };
        this.#parts.floor.append(group);
        this.#glyphs.set(who, parts);
      }
      return this.#glyphs.get(who);
    }

    #put(who, x, y, minutes, waiting, seconds) {
      const fresh = !this.#glyphs.has(who);
      const glyph = this.#glyph(who);
      const share = seconds && !(fresh && still()) ? 1 - Math.exp(-9 * seconds) : 1;
      glyph.x += (x - glyph.x) * share;
      glyph.y += (y - glyph.y) * share;
      glyph.group.setAttribute("transform", `translate(${glyph.x.toFixed(1)} ${glyph.y.toFixed(1)})`);
      glyph.group.classList.toggle("ops-queue-waiting", waiting);
      glyph.ring.setAttribute("visibility", minutes >= LONG_WAIT ? "visible" : "hidden");
      glyph.label.textContent = String(Math.floor(minutes + 1e-9));
    }

    #draw(seconds) {
      const { arrive, start, end } = this.#data;
      const { desks, place, shown, more, size, past, cursor, x, time, clock } = this.#parts;
      const state = stateAt(this.#data, this.#moment);
      const present = new Set([...state.waiting, ...state.served.filter((who) => who !== null)]);
      state.waiting.forEach((who, rank) => {
        if (rank < shown) {
          const { x: across, y } = place(rank);
          this.#put(who, across, y, this.#moment - arrive[who], true, seconds);
        } else present.delete(who);
      });
      state.served.forEach((who, each) => {
        desks[each].box.classList.toggle("ops-queue-busy", who !== null);
        if (who !== null) this.#put(who, desks[each].x, desks[each].y, start[who] - arrive[who], false, seconds);
      });
      for (const [who, { group }] of this.#glyphs) {
        if (present.has(who)) continue;
        // Who leaves walks out to the right, for as long as that is seen.
        const leaving = seconds && end[who] <= this.#moment && this.#glyphs.get(who).x < size.width + RADIUS;
        if (leaving) this.#put(who, size.width + 3 * RADIUS, this.#glyphs.get(who).y, (start[who] ?? end[who]) - arrive[who], false, seconds);
        else {
          group.remove();
          this.#glyphs.delete(who);
        }
      }
      more.textContent = state.waiting.length > shown ? `and ${state.waiting.length - shown} more` : "";
      past.setAttribute("width", x(this.#moment));
      cursor.setAttribute("x1", x(this.#moment));
      cursor.setAttribute("x2", x(this.#moment));
      time.value = String(this.#moment);
      clock.textContent = this.#time(this.#moment);
      time.setAttribute("aria-valuetext", `${this.#time(this.#moment)}, ${state.waiting.length} waiting`);
      const now = performance.now();
      if (!this.#playing || now - this.#spoken > 250) {
        this.#spoken = now;
        this.#parts.words.textContent = this.#sentence(state);
      }
    }
  }

  customElements.get("ops-queue") || customElements.define("ops-queue", OpsQueue);
})();
