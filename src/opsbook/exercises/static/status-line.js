// A screen reader announces what changes inside a status element, not one that arrives already filled, and a widget
// of plain HTML would replace the element each time.
function render({ model, el }) {
  const line = document.createElement("p");
  line.setAttribute("role", "status");
  const show = () => { line.textContent = model.get("value"); };
  model.on("change:value", show);
  show();
  el.append(line);
}
export default { render };
