"""Agents' desks under load: from Asterisk's word that one rings to the screen-pop on their page."""
