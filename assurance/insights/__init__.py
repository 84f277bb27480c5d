"""Figures over what queries have read. Pure: no model, no query, no request."""
