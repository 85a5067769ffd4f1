// The anywidget face of <ops-question>: Python keeps the record, the element asks and marks.
export default {
  render({ model, el }) {
    const template = document.createElement("template");
    template.innerHTML = model.get("markup");
    const question = template.content.firstElementChild;
    question.store = {
      load: () => model.get("record"),
      save(id, record) {
        model.set("record", record);
        model.save_changes();
        return true;
      },
    };
    const release = keepKeys(el);
    const note = document.createElement("p");
    note.className = "ops-note";
    const say = () => {
      note.textContent = model.get("note");
      note.hidden = !note.textContent;
    };
    // Python answers after the element has spoken, and a second failure in the same words is no change.
    const heard = () => {
      say();
      question.confirm(note.hidden);
    };
    question.addEventListener("ops-answer", () => note.hidden || question.confirm(false));
    el.append(question, note);
    say();
    model.on("change:note", heard);
    return () => {
      release();
      model.off("change:note", heard);
    };
  },
};
