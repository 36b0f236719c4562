"""Where credentials come from: one file for each source. A source imports none of the others."""
