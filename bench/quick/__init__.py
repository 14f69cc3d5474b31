"""CPU per bill and per event, in two minutes, against the figures recorded with the last release."""
