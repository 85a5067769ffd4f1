// The anywidget face of <ops-queue>: Python simulates and sends a path, the element plays it.
export default {
  render({ model, el }) {
    const queue = document.createElement("ops-queue");
    const guard = ({ ctrlKey, metaKey }) => el.toggleAttribute("data-lm-suppress-shortcuts", !ctrlKey && !metaKey);
    addEventListener("keydown", guard, true);
    const show = () => {
      queue.data = model.get("path");
    };
    el.append(queue);
    show();
    model.on("change:path", show);
    return () => {
      removeEventListener("keydown", guard, true);
      model.off("change:path", show);
    };
  },
};
