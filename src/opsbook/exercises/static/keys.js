// Keeps keys typed inside `el`, such as Enter and the arrows, from the notebook around it; those with Ctrl or Command,
// as to save, stay JupyterLab's. Returns what ends it.
const keepKeys = (el) => {
  const guard = ({ target, ctrlKey, metaKey }) => {
    // JupyterLab looks from the target upwards and takes what has the focus first: so the target is marked too.
    const marked = el.contains(target) ? [el, target] : [el];
    for (const each of marked) each.toggleAttribute("data-lm-suppress-shortcuts", !ctrlKey && !metaKey);
  };
  addEventListener("keydown", guard, true);
  return () => removeEventListener("keydown", guard, true);
};
