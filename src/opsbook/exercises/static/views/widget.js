// The anywidget face of an explorer's view: Python sends what it shows, the element shows it.
export default {
  render({ model, el }) {
    const view = document.createElement(model.get("element"));
    view.classList.add("ops-view");
    const release = keepKeys(el);
    const show = () => {
      view.data = model.get("data");
    };
    el.append(view);
    show();
    model.on("change:data", show);
    return () => {
      release();
      model.off("change:data", show);
    };
  },
};
