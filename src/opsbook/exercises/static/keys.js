// Keeps keys typed inside `el`, such as Enter and the arrows, from the notebook around it; those with Ctrl or Command,
// as to save, stay JupyterLab's. Returns what ends it.
const keepKeys = (el) => {
  const guard = ({ ctrlKey, metaKey }) => el.toggleAttribute("data-lm-suppress-shortcuts", !ctrlKey && !metaKey);
  addEventListener("keydown", guard, true);
  return () => removeEventListener("keydown", guard, true);
};
