// Explorers: sliders over a precomputed grid. The sentence answers at once; the chart comes alive with Vega, which
// is fetched only when an explorer nears the screen or is moved. An explorer with an element of its own for a view hands
// that element what it shows at each point.
(() => {
  "use strict";

  const base = document.currentScript.src.replace(/[^/]*$/, "");
  let library = null;

  const loadVega = () => {
    library = library || new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = `${base}vega.js`;
      script.onload = () => resolve(window.vega);
      script.onerror = () => reject(new Error("the charts' library did not load"));
      document.head.append(script);
    });
    return library;
  };

  const key = (values) => values.map((value) => String(Number(value.toPrecision(6)))).join("|");

  const enliven = (figure) => {
    const { controls, sentences, spec, view: own, common, data } = JSON.parse(figure.querySelector("script").textContent);
    const form = figure.querySelector(".ops-sliders");
    const sentence = figure.querySelector(".ops-sentence");
    const stage = figure.querySelector(".ops-stage");
    const inputs = controls.map((control) => form.querySelector(`[data-control="${control.name}"]`));
    let view = null;

    const values = () => controls.map((control, i) => control.values[Number(inputs[i].value)]);

    const pass = () => {
      if (!view) return;
      if (own) {
        view.data = { ...common, ...data[key(values())] };
        return;
      }
      controls.forEach((control, i) => view.signal(`at_${control.name}`, values()[i]));
      view.runAsync();
    };

    const width = () => (stage.clientWidth < 520 ? 340 : 680);

    const draw = async () => {
      if (view) return;
      if (own) {
        view = document.createElement(own);
        view.classList.add("ops-live", "ops-view");
        pass();
        stage.append(view);
        stage.classList.add("alive");
        return;
      }
      const { View, parse } = await loadVega();
      if (view) return;
      const canvas = document.createElement("div");
      canvas.className = "ops-picture ops-live";
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", stage.querySelector("svg").getAttribute("aria-label"));
      view = new View(parse(spec), { renderer: "svg", hover: false });
      view.width(width());
      view.initialize(canvas);
      pass();
      await view.runAsync();
      canvas.firstElementChild.setAttribute("aria-hidden", "true"); // the label above says what its parts cannot
      stage.append(canvas);
      stage.classList.add("alive");
      new ResizeObserver(() => view.width(width()).runAsync()).observe(stage);
    };

    const show = () => {
      controls.forEach((control, i) => {
        const text = control.texts[Number(inputs[i].value)];
        inputs[i].setAttribute("aria-valuetext", text);
        inputs[i].nextElementSibling.textContent = text;
      });
      sentence.textContent = sentences[key(values())];
    };

    form.hidden = false;
    form.addEventListener("input", () => { show(); draw(); pass(); });
    form.addEventListener("reset", () => setTimeout(() => { show(); pass(); }));
    new IntersectionObserver((entries, watcher) => {
      if (entries.some((entry) => entry.isIntersecting)) { watcher.disconnect(); draw(); }
    }, { rootMargin: "400px" }).observe(figure);
  };

  for (const figure of document.querySelectorAll(".ops-explorer")) enliven(figure);
})();
