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
    const note = document.createElement("p");
    note.className = "ops-note";
    const say = () => {
      note.textContent = model.get("note");
      note.hidden = !note.textContent;
    };
    el.append(question, note);
    say();
    model.on("change:note", say);
    return () => model.off("change:note", say);
  },
};
