"""Invented figures for the gallery's charts."""
