// The anywidget face of <ops-progress>: the element asks, Python reads and writes the file.
export default {
  render({ model, el }) {
    const view = document.createElement("ops-progress");
    const waiting = new Map();
    let asked = 0;
    const ask = (action, text = "") =>
      new Promise((resolve, reject) => {
        asked += 1;
        waiting.set(asked, { resolve, reject });
        model.send({ asked, action, text });
      });
    const hear = ({ asked, fault, result }) => {
      const { resolve, reject } = waiting.get(asked) || {};
      if (!resolve) return;
      waiting.delete(asked);
      if (fault) reject(new Error(fault));
      else resolve(result);
    };
    view.catalogue = model.get("catalogue");
    view.keeper = {
      all: () => model.get("answers"),
      blocked: false,
      note: model.get("note"),
      exportText: () => ask("export"),
      merge: (text) => ask("import", text),
      reset: () => ask("reset"),
      undo: () => ask("undo"),
    };
    const release = keepKeys(el);
    const refresh = () => view.refresh();
    // Another notebook may have stored an answer; the file tells nobody, so it is read when the reader comes here.
    const look = () => model.send({ action: "look" });
    for (const event of ["pointerenter", "focusin"]) el.addEventListener(event, look);
    model.on("msg:custom", hear);
    model.on("change:answers", refresh);
    el.append(view);
    return () => {
      for (const event of ["pointerenter", "focusin"]) el.removeEventListener(event, look);
      release();
      model.off("msg:custom", hear);
      model.off("change:answers", refresh);
    };
  },
};
