"""From the previous release to this one, under load, with the code of both."""
