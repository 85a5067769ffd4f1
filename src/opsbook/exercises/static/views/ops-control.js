// <ops-control>: a control chart, played. Samples arrive one by one until one signals after the shift.
//
// `data` is {centre, sigma, unit, sample, noise: [[…], …], rules: {name: words}, shift, begins, size, noticed, quiet,
// alarms: [[[sample, rule], …], …]}: noise in standard errors, one list a set of samples; alarms counted from 1, up to
// the first after the shift; `noticed` and `quiet` the mean samples to a signal with and without the shift.
(() => {
  "use strict";

  const { html, svg, counted, still, whenWide } = globalThis.opsParts;
  const SPEEDS = [2, 5, 10];
  const HEIGHT = 270;
  const MARGIN = { left: 46, right: 64, top: 14, bottom: 30 };

  class OpsControl extends HTMLElement {
    #data = null;
    #run = 0;
    #shown = 0;
    #timer = 0;
    #parts = null;
    #unwatch = null;

    set data(data) {
      // Who has seen a set to its end compares its end at the next position of the sliders.
      const ended = this.#data && this.#shown > 0 && this.#shown >= this.#last();
      this.#data = data;
      this.#run %= data.noise.length;
      this.#shown = ended ? this.#last() : 0;
      this.#stop();
      if (this.isConnected) this.#build();
    }

    connectedCallback() {
      if (this.#data) this.#build();
      this.#unwatch = whenWide(this, () => this.#data && this.#draw());
    }

    disconnectedCallback() {
      this.#stop();
      this.#unwatch();
    }

    #build() {
      if (!this.#parts) this.#furnish();
      this.#draw();
    }

    #furnish() {
      const play = html("button", { type: "button", class: "ops-view-play" });
      const next = html("button", { type: "button" }, "Next");
      const again = html("button", { type: "button" }, "From the first");
      const other = html("button", { type: "button" }, "Other samples");
      const speed = html("select", {}, ...SPEEDS.map((each) => html("option", { value: each }, `${each} a second`)));
      speed.value = "5";
      const place = html("input", { type: "range", class: "ops-view-range", min: 0, step: 1, value: 0, autocomplete: "off", "aria-label": "Samples shown" });
      const words = html("p", { class: "ops-view-words", role: "status" });
      const picture = svg("svg", { "aria-hidden": "true", height: HEIGHT });
      const set = html("span");
      const count = html("output", { "aria-live": "off" });
      this.replaceChildren(
        html("div", { class: "ops-view-head" }, set, count),
        picture,
        html("p", { class: "ops-view-key" }, "A dot is the mean of a group, a full diamond a signal after the shift, an empty one a false alarm."),
        place,
        html("div", { class: "ops-view-buttons" }, play, next, again, other, html("label", {}, "Speed ", speed)),
        words,
      );
      play.addEventListener("click", () => (this.#timer ? this.#pause() : this.#play()));
      next.addEventListener("click", () => this.#to(this.#shown + 1));
      again.addEventListener("click", () => this.#to(0));
      other.addEventListener("click", () => {
        this.#run = (this.#run + 1) % this.#data.noise.length;
        this.#to(0);
      });
      place.addEventListener("input", () => this.#to(Number(place.value)));
      this.#parts = { play, next, place, words, picture, set, count, speed };
      this.#label();
    }

    // --- Time ------------------------------------------------------------------------------------------------

    // The last sample of a set: the first that signals after the shift, or the end.
    #last(run = this.#run) {
      const { alarms, noise, begins, shift } = this.#data;
      const final = alarms[run].at(-1);
      return shift && final && final[0] > begins ? final[0] : noise[run].length;
    }

    #label() {
      this.#parts.play.textContent = this.#timer ? "Pause" : "Play";
    }

    #play() {
      if (this.#shown >= this.#last()) this.#shown = 0;
      if (still()) {
        this.#to(this.#last());
        return;
      }
      this.#parts.words.setAttribute("aria-live", "off"); // several times a second is no message
      this.#wait();
      this.#label();
    }

    #wait() {
      this.#timer = setTimeout(() => {
        if (this.#shown + 1 >= this.#last()) {
          this.#to(this.#last());
          return;
        }
        this.#shown += 1;
        this.#draw();
        this.#wait();
      }, 1000 / Number(this.#parts.speed.value));
    }

    #stop() {
      clearTimeout(this.#timer);
      this.#timer = 0;
      if (this.#parts) {
        this.#parts.words.removeAttribute("aria-live");
        this.#label();
      }
    }

    #pause() {
      this.#stop();
      this.#draw();
    }

    #to(shown) {
      this.#stop();
      this.#shown = Math.max(0, Math.min(shown, this.#last()));
      this.#draw();
    }

    // --- Words -----------------------------------------------------------------------------------------------

    #number(value) {
      const digits = Math.max(0, 1 - Math.floor(Math.log10(this.#data.sigma)));
      return `${value.toFixed(digits)}${this.#data.unit ? ` ${this.#data.unit}` : ""}`;
    }

    #mean(at) {
      const { centre, sigma, noise, shift, begins, size } = this.#data;
      return centre + sigma * ((at >= begins ? shift : 0) + noise[this.#run][at] / Math.sqrt(size));
    }

    #counted(number) {
      return counted(number, this.#data.sample);
    }

    // In the digits of the sentence below.
    #average(number) {
      const text = number < 10 ? number.toFixed(1).replace(".0", "") : String(Math.round(number));
      return `${text} ${this.#data.sample}${text === "1" ? "" : "s"}`;
    }

    // What all sets of samples together took.
    #together() {
      const { alarms, begins, noise } = this.#data;
      const took = alarms.map((each) => each.at(-1)?.[0] - begins).filter((each) => each > 0);
      const missed = alarms.length - took.length;
      const [least, most] = [Math.min(...took), Math.max(...took)];
      if (!took.length) return ` None of the ${alarms.length} sets here shows it within ${this.#counted(noise[0].length - begins)}.`;
      if (least === most && !missed) return ` In each of the ${alarms.length} sets here it took ${this.#counted(least)}.`;
      const range = least === most ? `${least}` : `${least} to ${most}`;
      return ` In the ${alarms.length} sets here it took ${range}${missed ? `, and ${missed} did not show it at all` : ""}.`;
    }

    // How often all sets of samples signalled where nothing changed.
    #falsely() {
      const { alarms, noise, shift } = this.#data;
      if (shift) return "";
      const times = alarms.reduce((sum, each) => sum + each.length, 0);
      const often = times ? `it happened ${times === 1 ? "once" : `${times} times`}` : "it did not happen";
      return ` In the ${alarms.length} sets here, ${this.#counted(alarms.length * noise[0].length)}, ${often}.`;
    }

    #sentence() {
      const { begins, shift, alarms, rules, noticed, quiet, noise, sample } = this.#data;
      const at = this.#shown;
      const usual = ` On average this chart takes ${this.#average(noticed)} to notice such a shift.`;
      const rare = ` On average such a chart signals once in ${this.#average(quiet)} without a reason.`;
      if (!at) return shift ? `Nothing seen yet. The process will shift after ${sample} ${begins}.` : "Nothing seen yet. This process will not shift.";
      const alarm = alarms[this.#run].find(([when]) => when === at);
      const here = `${sample[0].toUpperCase()}${sample.slice(1)} ${at}: mean ${this.#number(this.#mean(at - 1))}`;
      if (alarm && shift && at > begins) {
        return `${here}. It signals: ${rules[alarm[1]]}. That is the ${this.#nth(at - begins)} ${sample} after the shift.${usual}${this.#together()}`;
      }
      const ended = at >= this.#last();
      if (alarm && !(ended && shift)) {
        return `${here}. It signals: ${rules[alarm[1]]}. But nothing has changed: a false alarm.${rare}${ended ? this.#falsely() : ""}`;
      }
      if (!ended) return `${here}, no signal.`;
      if (shift) return `${here}. ${this.#counted(noise[this.#run].length - begins)} after the shift, and none signals.${usual}${this.#together()}`;
      const wrong = alarms[this.#run].length;
      return `${here}. ${this.#counted(at)}, ${wrong ? counted(wrong, "false alarm") : "no signal"}, and nothing has changed.${rare}${this.#falsely()}`;
    }

    #nth(number) {
      const tens = number % 100;
      const end = tens > 10 && tens < 14 ? "th" : { 1: "st", 2: "nd", 3: "rd" }[number % 10] || "th";
      return `${number}${end}`;
    }

    // --- Picture ---------------------------------------------------------------------------------------------

    #draw() {
      const { picture, place, words, set, count } = this.#parts;
      const { centre, sigma, noise, size, shift, begins, alarms, sample, unit } = this.#data;
      const total = noise[this.#run].length;
      const width = Math.max(this.clientWidth, 240);
      const reach = sigma * Math.max(3.6, shift + 3.4 / Math.sqrt(size));
      const x = (at) => MARGIN.left + ((at + 0.5) / total) * (width - MARGIN.left - MARGIN.right);
      const y = (value) => MARGIN.top + ((centre + reach - value) / (2 * reach)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
      const limit = (3 * sigma) / Math.sqrt(size);
      const [left, right] = [MARGIN.left, width - MARGIN.right];
      const parts = [];
      const line = (value, kind, name) => {
        parts.push(svg("line", { x1: left, x2: right, y1: y(value), y2: y(value), class: kind }));
        parts.push(svg("text", { x: right + 6, y: y(value), dy: "0.35em" }, name));
      };
      line(centre + limit, "ops-control-limit", "upper");
      line(centre, "ops-control-centre", "centre");
      line(centre - limit, "ops-control-limit", "lower");
      for (const value of [centre + limit, centre, centre - limit]) {
        parts.push(svg("text", { x: left - 8, y: y(value), dy: "0.35em", "text-anchor": "end" }, this.#number(value).replace(/ .*/, "")));
      }
      parts.push(svg("line", { x1: left, x2: right, y1: HEIGHT - MARGIN.bottom, y2: HEIGHT - MARGIN.bottom, class: "ops-control-centre" }));
      for (let tick = 10; tick <= total; tick += 10) {
        parts.push(svg("text", { x: x(tick - 1), y: HEIGHT - 12, "text-anchor": "middle" }, String(tick)));
      }
      parts.push(svg("text", { x: right + 14, y: HEIGHT - 12 }, sample));
      parts.push(svg("text", { x: 0, y: MARGIN.top }, unit ? `mean, ${unit}` : "mean"));
      // Where the process shifted is shown once the samples have passed it, and how far at the end.
      if (shift && this.#shown > begins) {
        const edge = (x(begins - 1) + x(begins)) / 2;
        if (this.#shown >= this.#last()) {
          const end = Math.max(x(this.#shown - 1) + 4, edge + 8);
          parts.push(svg("path", { d: `M${left} ${y(centre)}H${edge}V${y(centre + shift * sigma)}H${end}`, class: "ops-control-truth" }));
        }
        parts.push(svg("line", { x1: edge, x2: edge, y1: MARGIN.top - 6, y2: HEIGHT - MARGIN.bottom, class: "ops-control-edge" }));
        parts.push(svg("text", { x: edge + 6, y: HEIGHT - MARGIN.bottom - 8, class: "ops-control-moved" }, "process shifts"));
      }
      const points = Array.from({ length: this.#shown }, (_, at) => [x(at), y(this.#mean(at))]);
      if (points.length > 1) parts.push(svg("path", { d: `M${points.map((each) => each.join(" ")).join("L")}`, class: "ops-control-path" }));
      const signals = new Set(alarms[this.#run].map(([at]) => at));
      points.forEach(([across, up], at) => {
        const found = signals.has(at + 1);
        const real = found && shift && at + 1 > begins;
        parts.push(
          found
            ? svg("path", { d: `M${across} ${up - 8}l8 8l-8 8l-8 -8Z`, class: real ? "ops-control-signal" : "ops-control-false" })
            : svg("circle", { cx: across, cy: up, r: 3.5, class: "ops-control-point" }),
        );
      });
      picture.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
      picture.replaceChildren(...parts);
      place.max = String(total); // as the count says it; dragged past the last sample, it comes back
      place.value = String(this.#shown);
      place.setAttribute("aria-valuetext", `${this.#shown} of ${this.#counted(total)}`);
      set.textContent = `Set ${this.#run + 1} of ${noise.length}`;
      count.textContent = `${this.#shown} of ${total}`;
      words.textContent = this.#sentence();
    }
  }

  customElements.get("ops-control") || customElements.define("ops-control", OpsControl);
})();
