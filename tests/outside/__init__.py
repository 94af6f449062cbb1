"""Other people's environments, made up: sound ones and hostile ones."""
