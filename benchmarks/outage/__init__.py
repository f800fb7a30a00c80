"""An outage of the models, told as figures."""
