"""From sources to what readers open: the Sphinx extension, the notebooks' outputs, and JupyterLab's workspace."""

__all__: list[str] = []
