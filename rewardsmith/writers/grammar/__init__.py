"""The grammar writer: typed random programs over a task's signals. No language model is used."""
