"""The writer for any endpoint that speaks OpenAI's chat completions."""
