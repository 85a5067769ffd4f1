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
    // Enter and the arrows belong to the buttons and radios in here, not to the notebook around them. JupyterLab's
    // shortcuts with Ctrl or Command, as to save, stay.
    const guard = ({ ctrlKey, metaKey }) => el.toggleAttribute("data-lm-suppress-shortcuts", !ctrlKey && !metaKey);
    addEventListener("keydown", guard, true);
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
      removeEventListener("keydown", guard, true);
      model.off("change:note", heard);
    };
  },
};
