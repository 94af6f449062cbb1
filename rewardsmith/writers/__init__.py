"""Writers turn briefs into drafts of reward programs."""
