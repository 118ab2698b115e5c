"""Requests and facts to a plan: what is reused, resumed, sent or asked, why, and for how much. Pure."""
