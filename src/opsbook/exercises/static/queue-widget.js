// The anywidget face of <ops-queue>: Python simulates and sends a path, the element plays it.
export default {
  render({ model, el }) {
    const queue = document.createElement("ops-queue");
    const release = keepKeys(el);
    const show = () => {
      queue.data = model.get("path");
    };
    el.append(queue);
    show();
    model.on("change:path", show);
    return () => {
      release();
      model.off("change:path", show);
    };
  },
};
